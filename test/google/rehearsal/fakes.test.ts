import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readWords } from '../../../lib/google/rehearsal/container-words';
import { FakeService } from '../../../lib/google/rehearsal/fake-service';
import { FakeStore, type Guard } from '../../../lib/google/rehearsal/fake-store';
import { FakeVertex } from '../../../lib/google/rehearsal/fake-vertex';
import { RehearsedJobs } from '../../../lib/google/rehearsal/rehearsed-jobs';
import type { JobStep, Plan } from '../../../lib/pipeline';
import type { ProgramRequest } from '../../../lib/program';
import { ProgramCache } from '../../../lib/rehearsal/program-cache';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'fakes-'));
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

const free: Guard = () => undefined;

describe('the store', () => {
  const asked: string[] = [];
  const guard: Guard = (permission, { name = '' }) => {
    asked.push(`${permission.replace('storage.objects.', '')} ${name.split('/').slice(5).join('/')}`);
  };
  beforeEach(() => {
    asked.length = 0;
  });

  test('an object is inserted once where its generation must be 0, read by its encoded name', () => {
    const store = new FakeStore('store');
    const insert = { bucket: 'store', name: 'a/b.json', ifGenerationMatch: '0', body: { version: '1' } };
    expect(store.answer('insert', insert, guard)).toEqual({ name: 'a/b.json', generation: '1' });
    expect(() => store.answer('insert', insert, guard)).toThrow('pre-conditions');
    const get = { bucket: 'store', object: 'a%2Fb.json' };
    expect(store.answer('get', { ...get, alt: 'media' }, guard)).toEqual({ version: '1' });
    expect(() => store.answer('delete', { ...get, ifGenerationMatch: '7' }, guard)).toThrow('pre-conditions');
    expect(store.answer('delete', { ...get, ifGenerationMatch: '1' }, guard)).toBeNull();
    expect(() => store.answer('get', get, guard)).toThrow('No such object: store/a/b.json');
    expect(asked.at(-1)).toBe('list ');
  });

  test('what is mounted makes directories, and deletes what it replaces', () => {
    const store = new FakeStore('store');
    mkdirSync(join(directory, 'b'));
    writeFileSync(join(directory, 'b', 'file'), 'one');
    store.write(directory, 'a/', guard);
    expect(asked).toEqual(['get a/', 'create a/', 'get a/b/', 'create a/b/', 'create a/b/file']);
    asked.length = 0;
    store.write(directory, 'a/', guard);
    expect(asked).toEqual([]);
    writeFileSync(join(directory, 'b', 'file'), 'two');
    store.write(directory, 'a/', guard);
    expect(asked).toEqual(['delete a/b/file', 'create a/b/file']);
  });
});

describe('Vertex AI', () => {
  const PARENT = 'projects/p/locations/l';
  const ENDPOINT = `${PARENT}/endpoints/1`;
  const upload = (vertex: FakeVertex, body: object, alias: string) =>
    vertex.answer('models.upload', {
      parent: PARENT,
      body: { ...body, model: { artifactUri: `gs://store/models/${alias}/`, versionAliases: [alias] } },
    });
  const deploy = (vertex: FakeVertex, alias: string) =>
    (
      vertex.answer('endpoints.deployModel', {
        endpoint: ENDPOINT,
        body: { deployedModel: { model: `${PARENT}/models/m@${alias}`, displayName: alias } },
      }) as { response: { deployedModel: { id: string } } }
    ).response.deployedModel.id;
  const move = (vertex: FakeVertex, trafficSplit: object) =>
    vertex.answer('endpoints.patch', { name: ENDPOINT, body: { trafficSplit } });
  const undeploy = (vertex: FakeVertex, deployedModelId: string) =>
    vertex.answer('endpoints.undeployModel', { endpoint: ENDPOINT, body: { deployedModelId } });

  let vertex: FakeVertex;
  beforeEach(() => {
    vertex = new FakeVertex(ENDPOINT);
    upload(vertex, { modelId: 'm' }, 'one');
    upload(vertex, { parentModel: `${PARENT}/models/m` }, 'two');
  });

  test('versions have one parent, and an alias names one of them', () => {
    const name = `${PARENT}/models/m`;
    expect(() => upload(vertex, { modelId: 'm' }, 'three')).toThrow('there is a model');
    expect(() => upload(vertex, { parentModel: `${PARENT}/models/n` }, 'three')).toThrow('no model');
    const merge = (version: string) =>
      vertex.answer('models.mergeVersionAliases', {
        name: `${name}@${version}`,
        body: { versionAliases: ['live'] },
      });
    merge('1');
    merge('2');
    expect(vertex.answer('models.get', { name: `${name}@live` })).toMatchObject({ versionId: '2' });
    expect(vertex.answer('models.get', { name })).toMatchObject({ versionId: '1' });
    expect(() => vertex.answer('models.get', { name: `${name}@3` })).toThrow('no model');
  });

  test('traffic is split among what is deployed, and what has some is not taken off but as the last', () => {
    const one = deploy(vertex, 'one');
    expect(vertex.servedUri()).toBeUndefined();
    move(vertex, { [one]: 100 });
    const two = deploy(vertex, 'two');
    expect(vertex.servedUri()).toBe('gs://store/models/one/');
    expect(() => move(vertex, { [one]: 50, [two]: 40 })).toThrow('no split of the traffic');
    expect(() => move(vertex, { other: 100 })).toThrow('no split of the traffic');
    expect(() => undeploy(vertex, one)).toThrow(`the deployed model ${one} has traffic`);
    move(vertex, { [two]: 100 });
    undeploy(vertex, one);
    expect(vertex.servedUri()).toBe('gs://store/models/two/');
    undeploy(vertex, two);
    expect(vertex.servedUri()).toBeUndefined();
  });

  test('an endpoint that fails takes no model, one that turns back keeps its split', () => {
    const one = deploy(vertex, 'one');
    vertex.conduct = 'turns-back';
    move(vertex, { [one]: 100 });
    expect(vertex.servedUri()).toBeUndefined();
    move(vertex, { [one]: 100 });
    expect(vertex.servedUri()).toBe('gs://store/models/one/');
    vertex.conduct = 'fails';
    expect(() => deploy(vertex, 'two')).toThrow('Model server exited unexpectedly.');
  });
});

describe('Cloud Run', () => {
  const SERVICE = 'projects/p/locations/l/services/spam';
  const share = (revision: string, percent: number, tag?: string) => ({
    type: 'TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION',
    revision,
    percent,
    ...(tag !== undefined && { tag }),
  });
  const patch = (body: object) =>
    service.answer('patch', { name: SERVICE, updateMask: Object.keys(body).join(), body });
  const template = (version: string, revision = `spam-${version}`) => ({
    revision,
    containers: [{ env: [{ name: 'MODEL_PIPELINE_DIRECTORY', value: `/gcs/store/models/${version}/` }] }],
  });
  const uri = (version: string) => `gs://store/models/${version}/`;
  const CANDIDATE = 'https://candidate---spam-123.l.run.app/invocations';

  let service: FakeService;
  beforeEach(() => {
    service = new FakeService(SERVICE);
    patch({ template: template('one'), traffic: [share('spam-one', 100)] });
    patch({
      template: template('two'),
      traffic: [share('spam-one', 100), share('spam-two', 0, 'candidate')],
    });
  });

  test('begins with a revision of Terraform, which gets what goes to the latest', () => {
    const fresh = new FakeService(SERVICE);
    expect(fresh.servedUri()).toBeUndefined();
    expect(fresh.answer('get', { name: SERVICE })).toEqual({
      name: SERVICE,
      latestReadyRevision: `${SERVICE}/revisions/spam-00001-abc`,
      trafficStatuses: [{ type: 'TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST', percent: 100 }],
    });
  });

  test('a revision without traffic answers at the address of its tag', () => {
    expect([service.servedUri(), service.deployedUri()]).toEqual([uri('one'), uri('two')]);
    expect(service.answering(CANDIDATE)).toEqual({
      uri: uri('two'),
      permission: 'run.routes.invoke',
      target: { scope: 'service:spam' },
    });
    expect(service.answering('https://spam-123.l.run.app/invocations').uri).toBe(uri('one'));
    expect(() => service.answering('https://ham-123.l.run.app/invocations')).toThrow('is no endpoint');
    patch({ traffic: [share('spam-two', 60), share('spam-one', 40)] });
    expect(service.servedUri()).toBe(uri('two'));
    expect(service.answering(CANDIDATE).uri).toBeUndefined();
  });

  test.each<readonly [object, string]>([
    [{ template: template('three', 'ham-three') }, 'a revision is named after its service'],
    [{ template: template('three', `spam-${'3'.repeat(60)}`) }, 'in 63 characters at most'],
    [{ template: template('three', 'spam-one') }, 'a revision spam-one of another configuration'],
    [{ traffic: [share('spam-one', 90)] }, 'no split of the traffic'],
    [{ traffic: [share('spam-three', 100)] }, 'no split of the traffic'],
  ])('%j is refused', (body, message) => {
    expect(() => patch(body)).toThrow(message);
    expect(service.servedUri()).toBe(uri('one'));
  });

  test('a service that fails takes no revision, one that turns back keeps its traffic', () => {
    service.conduct = 'turns-back';
    patch({ traffic: [share('spam-two', 100)] });
    expect(service.servedUri()).toBe(uri('one'));
    patch({ traffic: [share('spam-two', 100)] });
    expect(service.servedUri()).toBe(uri('two'));
    service.conduct = 'fails';
    expect(() => patch({ template: template('three') })).toThrow('failed to start');
  });

  test('what it does not know is told', () => {
    expect(() => service.answer('get', { name: `${SERVICE}s` })).toThrow('no service');
    expect(() => service.answer('delete', { name: SERVICE })).toThrow('services.delete is not rehearsed');
  });
});

describe('jobs', () => {
  const STEP = {
    id: 'tune',
    kind: 'job',
    program: 'tune',
    inputs: { data: { from: 'dataset' } },
    outputs: ['model', 'metrics'],
    checkpoints: false,
    parameters: {
      hyperparameters: { epochs: 3 },
      tuning: {
        objective: 'accuracy',
        ranges: { rate: { kind: 'continuous', min: 0, max: 1 }, layers: { kind: 'integer', min: 1, max: 5 } },
        trials: 2,
      },
    },
  } as unknown as JobStep;
  const WORDS = [
    ...['python3', '/gcs/store/code/1/code.zip', '--step', 'tune', '--input', 'data=/gcs/store/datasets/p/'],
    ...['--output', 'model=/gcs/store/runs/1/model/', '--output', 'metrics=/gcs/store/runs/1/metrics/'],
  ];
  let store: FakeStore;
  let requests: ProgramRequest[];
  let jobs: RehearsedJobs;
  beforeEach(() => {
    store = new FakeStore('store');
    store.put('code/1/code.zip', '');
    store.put('datasets/p/data', 'data');
    requests = [];
    jobs = new RehearsedJobs({
      plan: { steps: [STEP] } as unknown as Plan,
      source: '/source',
      directory,
      cache: new ProgramCache(join(directory, 'cache')),
      run: (request) => {
        requests.push(request);
        expect(readFileSync(join(request.inputs.data ?? '', 'data'), 'utf8')).toBe('data');
        const { rate } = request.parameters.hyperparameters as { rate: number };
        writeFileSync(join(request.outputs.model ?? '', 'model'), String(rate));
        writeFileSync(join(request.outputs.metrics ?? '', 'metrics.json'), `{"accuracy": ${rate}}`);
        return Promise.resolve();
      },
    });
  });
  const world = () => ({
    store,
    guard: free,
    alter: (_: string, outputs: ProgramRequest['outputs']) => outputs,
  });

  test('each trial of a tuning trains with values of its own, into directories of its own', async () => {
    const measured = (value: number) => ({ metrics: [{ metricId: 'accuracy', value }] });
    await expect(jobs.tune(WORDS, world())).resolves.toEqual([
      { id: '1', state: 'SUCCEEDED', finalMeasurement: measured(0.5) },
      { id: '2', state: 'SUCCEEDED', finalMeasurement: measured(1) },
    ]);
    expect(requests.map(({ program, parameters }) => [program, parameters])).toEqual([
      ['train', { hyperparameters: { epochs: 3, rate: 0.5, layers: 3 } }],
      ['train', { hyperparameters: { epochs: 3, rate: 1, layers: 5 } }],
    ]);
    expect(store.list('runs/1/model/')).toEqual(['runs/1/model/1/model', 'runs/1/model/2/model']);
  });

  test.each([
    [['sh'], 'no stage program: sh'],
    [['python3', '/gcs/store/code/2/code.zip'], 'there is no code at /gcs/store/code/2/code.zip'],
    [['python3', '/code/code.zip'], '/code/code.zip is not in the store'],
    [[...WORDS.slice(0, 2), '--step', 'other'], 'the plan has no job "other"'],
    [WORDS.slice(0, 4), 'inputs of tune: none; the plan has data'],
    [[...WORDS, '--checkpoints', '/gcs/store/c/'], 'options of tune: checkpoints; the plan has none'],
  ])('%j is not started', async (words, message) => {
    await expect(jobs.run(words, world())).rejects.toThrow(message);
  });

  test('an option of a container has a value, once', () => {
    expect(() => readWords(['--step'])).toThrow('--step has no value');
    expect(() => readWords(['--input', 'a=b', '--input', 'a=c'])).toThrow('--input a is given twice');
    expect(() => readWords(['--output', 'a'])).toThrow('--output  is given twice, or is none');
  });
});
