import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { FeedbackLoop, type FeedbackLoopProps, WorkflowDefinition } from '../../lib/google';
import type { StartedJob } from '../../lib/google/rehearsal/connectors';
import { readWords } from '../../lib/google/rehearsal/container-words';
import { FakeStore, type Guard } from '../../lib/google/rehearsal/fake-store';
import { mountedPath } from '../../lib/google/rehearsal/rehearsed-jobs';
import { ServiceKey } from '../../lib/google/service-key';
import { countNewSamples } from '../../lib/feedback/count-new-samples';
import { modelPipeline } from '../cli/model-pipeline';
import { createStack, PROJECT, resourceOf, resourcesOf, SERVER } from './endpoint-synth';
import { type RunOptions, type RunResult, runWorkflow } from './run-workflow';

const RUNS = 'projects/my-project/locations/europe-west4/workflows/spam';

function synth(props: Partial<FeedbackLoopProps> = {}) {
  const { stack, store } = createStack();
  const key = new ServiceKey(stack, 'Key', { project: PROJECT, agents: ['workflows'] });
  const workflow = new WorkflowDefinition(stack, 'Runs', {
    ...{ project: PROJECT, name: 'spam', description: 'Runs spam', key },
    source: { main: { steps: [{ done: { return: true } }] } },
  });
  const loop = new FeedbackLoop(stack, 'Feedback', {
    ...{ project: PROJECT, pipeline: 'spam', store, workflow, serverImage: SERVER, retrainAfterSamples: 3 },
    ...props,
  });
  return { loop, stack, store };
}

let work: string;
let made: ReturnType<typeof synth>;
beforeAll(() => {
  work = mkdtempSync(join(tmpdir(), 'feedback-'));
  made = synth();
});
afterAll(() => {
  rmSync(work, { recursive: true });
});

const sample = (text: string, label: unknown = 1) => JSON.stringify({ input: { text, from: 'a' }, label });

/** Files with the time they were uploaded. */
type Uploads = Readonly<Record<string, readonly [time: string, ...lines: string[]]>>;

function putFiles(directory: string, uploads: Uploads): void {
  for (const [name, [time, ...lines]] of Object.entries(uploads)) {
    const file = join(directory, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, lines.join('\n'));
    utimesSync(file, new Date(time), new Date(time));
  }
}

interface World {
  readonly store: FakeStore;
  readonly uploads: Uploads;
  readonly runs?: readonly object[];
}

function createWorld(uploads: Uploads, runs: readonly object[] = []): World {
  const store = new FakeStore(made.store.bucketName);
  for (const name of Object.keys(uploads)) store.put(`feedback/spam/${name}`, 'in the mount');
  return { store, uploads, runs };
}

const run = (id: string, state: string, startTime = '2026-11-20T00:00:00Z') => ({
  name: `${RUNS}/executions/${id}`,
  state,
  startTime,
});

const THREE: Uploads = {
  'old.jsonl': ['2026-11-19T00:00:00Z', sample('seen')],
  'a/new.jsonl': ['2026-11-21T00:00:00Z', sample('one'), sample('two'), sample('seen'), '{', ''],
  'b/new.jsonl': ['2026-11-22T00:00:00Z', sample('two', 0), sample('three'), sample('no label', null)],
};

async function look({ runs, store, uploads }: World, options: Partial<RunOptions> = {}): Promise<RunResult> {
  const count = async ({ words }: StartedJob, guard: Guard): Promise<void> => {
    const directory = mkdtempSync(join(work, 'job-'));
    const [given, output] = [join(directory, 'feedback'), join(directory, 'output')];
    const { options: named, others } = readWords(words);
    const [command = '', mounted = ''] = others;
    store.fetch(given, mountedPath(store, mounted), guard);
    putFiles(given, uploads);
    const target = `${mountedPath(store, named.into ?? '')}feedback.json`;
    guard('storage.objects.get', {
      scope: `bucket:${store.bucketName}`,
      type: 'storage.googleapis.com/Object',
      name: `projects/_/buckets/${store.bucketName}/objects/${target}`,
    });
    const there = store.get(target);
    mkdirSync(output);
    if (there) writeFileSync(join(output, 'feedback.json'), there);
    const rest = Object.entries({ ...named, into: output }).flatMap(([name, value]) => [`--${name}`, value]);
    const counted = await modelPipeline([command, given, ...rest]);
    expect(counted.code).toBe(0);
    printed.push(counted.stdout);
    store.write(output, mountedPath(store, named.into ?? ''), guard);
  };
  const result = await runWorkflow({
    ...{ stack: made.stack, workflow: made.loop.workflow, store, runJob: count },
    runs: new Map([[RUNS, [...(runs ?? [])]]]),
    ...options,
  });
  expect(result.denied).toEqual([]);
  return result;
}

const printed: string[] = [];
const started = ({ connectors }: RunResult) =>
  connectors.calls.filter(({ name }) => name.endsWith('.create'));

describe('a look', () => {
  test('starts a run once enough samples came that no run has seen', async () => {
    const world = createWorld(THREE, [run('r1', 'FAILED')]);
    const result = await look(world);
    expect(result.result).toBe('started');
    expect(started(result).map(({ args }) => args)).toEqual([{ parent: RUNS, body: { argument: '{}' } }]);
    expect(result.log).toEqual([{ event: 'retraining-started', pipeline: 'spam', newSamples: 3 }]);
    expect(JSON.parse(printed.at(-1) ?? '')).toEqual({
      severity: 'INFO',
      event: 'feedback-counted',
      pipeline: 'spam',
      newSamples: 3,
    });
    expect(world.store.list('retraining/').filter((path) => path.endsWith('.json'))).toEqual([
      'retraining/spam/r1/feedback.json',
      'retraining/spam/r1/started.json',
    ]);
    expect(result.unused.filter((grant) => grant.includes('test-feedback-workflo-'))).toEqual([
      expect.stringContaining('roles/storage.objectViewer'),
    ]);
  });

  test('starts no second one after the same run, even where that start is not seen yet', async () => {
    const world = createWorld(THREE, [run('r1', 'SUCCEEDED')]);
    await look(world);
    const again = await look(world);
    expect(again.result).toBe('started by an earlier look');
    expect(started(again)).toEqual([]);
  });

  test('counts from the release on where all runs are forgotten', async () => {
    const world = createWorld(THREE);
    expect((await look(world)).result).toBe('no version is live');
    world.store.put('releases/live.json', '{}');
    const result = await look(world);
    expect(result.result).toBe('started');
    expect(world.store.list('retraining/').at(-1)).toMatch(/^retraining\/spam\/release-\d+\/started\.json$/);
    const unused = result.unused.filter((grant) => grant.includes('test-feedback-workflo-'));
    expect(unused).toEqual([]);
  });

  test('with too few new samples starts nothing', async () => {
    const world = createWorld({ ...THREE, 'b/new.jsonl': ['2026-11-22T00:00:00Z'] }, [
      run('r1', 'SUCCEEDED'),
    ]);
    const result = await look(world);
    expect(result.result).toBe('too few samples');
    expect(started(result)).toEqual([]);
    expect(world.store.list('retraining/').filter((path) => path.endsWith('.json'))).toEqual([]);
  });

  test.each(['ACTIVE', 'QUEUED'])('leaves a run that is %s alone', async (state) => {
    const result = await look(createWorld(THREE, [run('r2', state), run('r1', 'SUCCEEDED')]));
    expect(result.result).toBe('a run is active');
    expect(result.connectors.calls).toHaveLength(1);
  });

  test('whose start fails is made again by the next one', async () => {
    const world = createWorld(THREE, [run('r1', 'SUCCEEDED')]);
    const failed = await look(world, { failing: 'executions.create' });
    expect(failed.error).toMatchObject({ code: 500 });
    expect((await look(world)).result).toBe('started');
  });
});

test('a directory that is not there holds no samples', () => {
  expect(countNewSamples(join(work, 'none'), new Date())).toBe(0);
});

describe('around it', () => {
  test('a schedule looks once an hour', () => {
    expect(resourceOf(made.stack, 'google_cloud_scheduler_job')).toMatchObject({
      schedule: 'every 1 hours',
      http_target: { uri: expect.stringContaining('/workflows/test-feedback/executions') as string },
    });
  });

  test('what was counted is a metric of the log', () => {
    expect(resourceOf(made.stack, 'google_logging_metric')).toMatchObject({
      name: 'test-feedback',
      filter:
        'resource.type="cloud_run_job" AND resource.labels.job_name="test-feedback-job" AND jsonPayload.event="feedback-counted"',
      value_extractor: 'EXTRACT(jsonPayload.newSamples)',
    });
    expect(made.loop.metricNewSamples().filter).toContain('user/test-feedback"');
  });

  test('who brings samples may write below one prefix', () => {
    const { loop, stack } = synth();
    loop.grantWrite('Labeller', 'serviceAccount:labeller@my-project.iam.gserviceaccount.com');
    const grants = resourcesOf(stack, 'google_storage_bucket_iam_member').filter(({ member }) =>
      String(member).includes('labeller'),
    );
    expect(grants).toMatchObject([
      { role: 'roles/storage.objectCreator', condition: { title: 'only feedback/spam/' } },
    ]);
  });

  test('a number of samples that starts nothing is refused', () => {
    expect(() => synth({ retrainAfterSamples: 0 })).toThrow(
      'retrainAfterSamples: is 0 [feedback-samples]\n    fix: Give an integer from 1 up.',
    );
  });

  test('a thousand samples start a run unless another number is given', () => {
    const { loop } = synth({ retrainAfterSamples: undefined });
    expect(JSON.stringify(loop.workflow.source)).toContain('"--at-least","1000"');
  });
});
