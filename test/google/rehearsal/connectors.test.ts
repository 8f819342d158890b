import { Connectors, type ConnectorsProps, type StartedJob } from '../../../lib/google/rehearsal/connectors';
import { FakeService } from '../../../lib/google/rehearsal/fake-service';
import { FakeStore } from '../../../lib/google/rehearsal/fake-store';
import { FakeVertex } from '../../../lib/google/rehearsal/fake-vertex';
import { Authorizer, type Grant } from '../../../lib/google/rehearsal/policies';
import { RequestTypes } from '../../../lib/google/rehearsal/request-check';
import { ROLES } from '../../../lib/google/rehearsal/roles';
import { thrownBy } from '../../aws/matchers';

const RUNNER = 'runner@p.iam.gserviceaccount.com';
const TRAIN = 'train@p.iam.gserviceaccount.com';
const PARENT = 'projects/p/locations/l';
const JOB = `${PARENT}/jobs/job`;
const SERVICE = `${PARENT}/services/spam`;
const PATCH = 'googleapis.run.v2.projects.locations.services.patch';
const VERTEX = 'googleapis.aiplatform.v1.projects.locations';
const EXECUTIONS = 'googleapis.workflowexecutions.v1.projects.locations.workflows.executions';
const types = {
  aiplatform: RequestTypes.of('@google-cloud/aiplatform'),
  run: RequestTypes.of('@google-cloud/run'),
};

const grant = (role: string, scope = 'project'): Grant => ({
  id: `${role} on ${scope}`,
  member: `serviceAccount:${RUNNER}`,
  role,
  permissions: ROLES[role] ?? [],
  scope,
});
const GRANTS = [
  grant('roles/artifactregistry.reader', 'repository:models'),
  grant('roles/run.developer', 'service:spam'),
  grant('roles/aiplatform.user'),
  grant('roles/iam.serviceAccountUser', `account:${TRAIN}`),
  grant('roles/logging.logWriter'),
  grant('roles/monitoring.viewer'),
  grant('roles/run.jobsExecutorWithOverrides', 'job:job'),
  grant('roles/run.viewer'),
  grant('roles/workflows.viewer'),
];

function connect(changes: Partial<ConnectorsProps> = {}, grants = GRANTS): Connectors {
  return new Connectors({
    store: new FakeStore('store'),
    vertex: new FakeVertex(`${PARENT}/endpoints/1`),
    service: new FakeService(SERVICE),
    authorizer: new Authorizer(grants, new Set()),
    account: RUNNER,
    projectName: 'projects/p',
    cloudRunJobs: new Map([[JOB, { account: TRAIN, command: ['python3'] }]]),
    types,
    runJob: () => Promise.resolve(),
    runTrials: () => Promise.resolve([]),
    loses: () => undefined,
    load: () => undefined,
    answer: () => undefined,
    ...changes,
  });
}

const job = (args: readonly string[] = []) => ({
  displayName: 'train',
  jobSpec: {
    workerPoolSpecs: [
      {
        machineSpec: { machineType: 'n1-standard-4' },
        replicaCount: '1',
        containerSpec: { imageUri: 'image', command: ['python3'], args },
      },
    ],
    serviceAccount: TRAIN,
  },
});
const revision = {
  name: SERVICE,
  updateMask: 'template',
  body: {
    template: {
      revision: 'spam-1',
      serviceAccount: TRAIN,
      containers: [{ image: 'l-docker.pkg.dev/p/models/serving:1' }],
    },
  },
};
const create = { parent: PARENT, region: 'l', body: job(['--step', 'train']) };
const valueOf = (error: unknown) => (error as { value: unknown }).value;

/** What a call ends with, at once or later. */
async function failureOf(run: () => unknown): Promise<unknown> {
  try {
    await run();
  } catch (error) {
    return valueOf(error);
  }
  return undefined;
}

test.each<readonly [string, object, string]>([
  ['googleapis.compute.v1.instances.insert', {}, 'compute.v1.instances.insert is not rehearsed'],
  ['http.post', {}, 'http.post is not rehearsed'],
  [`${VERTEX}.customJobs.create`, { ...create, body: undefined }, 'body is missing'],
  [`${VERTEX}.customJobs.create`, { ...create, wait: true }, 'there is no argument wait'],
  [`${VERTEX}.customJobs.create`, { ...create, region: 'm' }, `the region is m, the resource ${PARENT}`],
  [
    `${VERTEX}.customJobs.create`,
    { ...create, body: { ...job(), gpus: 1 } },
    'gpus: CustomJob has no such field',
  ],
  [
    `${VERTEX}.endpoints.patch`,
    { name: `${PARENT}/endpoints/1`, region: 'l', updateMask: 'trafficSplit', body: { labels: {} } },
    'the mask names trafficSplit, the body has labels',
  ],
  [
    'googleapis.run.v2.projects.locations.jobs.run',
    { name: JOB, body: { overrides: { containerOverrides: [{ arguments: [] }] } } },
    'overrides.containerOverrides[0].arguments: ContainerOverride has no such field',
  ],
  [
    'googleapis.bigquery.v2.jobs.insert',
    { projectId: 'p', body: { configuration: { query: { query: 'SELECT 1', legacySql: false } } } },
    'configuration.query.legacySql: JobConfigurationQuery has no such field',
  ],
  [
    'googleapis.bigquery.v2.jobs.insert',
    { projectId: 'p', body: { configuration: { query: { useLegacySql: 'false' }, labels: { a: 1 } } } },
    'configuration.query.useLegacySql: "false" is no bool; configuration.labels.a: 1 is no string',
  ],
  [
    'googleapis.bigquery.v2.tables.get',
    { projectId: 'p', datasetId: 'd', tableId: 't' },
    'bigquery.v2.tables.get is not rehearsed',
  ],
  [
    `${EXECUTIONS}.create`,
    { parent: `${PARENT}/workflows/w`, body: { argument: {} } },
    'argument: {} is no string',
  ],
  [
    PATCH,
    { ...revision, body: { template: { ...revision.body.template, gpu: 1 } } },
    'template.gpu: RevisionTemplate has no such field',
  ],
  [
    PATCH,
    { name: SERVICE, updateMask: 'traffic', body: { traffic: [{ type: 'REVISION', percent: 100 }] } },
    'traffic[0].type: "REVISION" is none of',
  ],
  ['googleapis.storage.v1.objects.get', { bucket: 'other', object: 'a' }, 'there is no bucket other'],
  ['http.get', { url: 'https://example.com' }, 'https://example.com is not rehearsed'],
  [
    'http.get',
    { url: 'https://monitoring.googleapis.com/v3/projects/p/timeSeries', auth: { type: 'OAuth2' } },
    'timeSeries.list without filter, interval.startTime, interval.endTime',
  ],
])('%s is no call of Google’s with %j', (name, args, message) => {
  expect(thrownBy(() => connect().call(name, { ...args }, 'step'))).toMatchObject({
    message: expect.stringContaining(message) as string,
  });
});

test('a job of Vertex AI waits, runs, ends, and is started as an account that the caller may act as', async () => {
  const started: StartedJob[] = [];
  const google = connect({
    runJob: (each) => {
      started.push(each);
      return Promise.resolve();
    },
  });
  const { name, state } = (await google.call(`${VERTEX}.customJobs.create`, create, 'step')) as {
    name: string;
    state: string;
  };
  const look = async () =>
    ((await google.call(`${VERTEX}.customJobs.get`, { name, region: 'l' }, 'step')) as { state: string })
      .state;
  expect([state, await look(), await look()]).toEqual([
    'JOB_STATE_PENDING',
    'JOB_STATE_RUNNING',
    'JOB_STATE_SUCCEEDED',
  ]);
  expect(started).toEqual([{ account: TRAIN, words: ['python3', '--step', 'train'] }]);
});

test.each([
  ['machine-taken', 14],
  ['no-capacity', 8],
] as const)('of a job whose machine is lost (%s) the code tells', async (lost, code) => {
  const google = connect({ loses: () => lost });
  const { name } = (await google.call(`${VERTEX}.customJobs.create`, create, 'step')) as { name: string };
  const look = () => google.call(`${VERTEX}.customJobs.get`, { name, region: 'l' }, 'step');
  await look();
  await expect(look()).resolves.toMatchObject({ state: 'JOB_STATE_FAILED', error: { code } });
  const run = { name: JOB, body: {} };
  await expect(
    failureOf(() => google.call('googleapis.run.v2.projects.locations.jobs.run', run, 'step')),
  ).resolves.toMatchObject({ tags: ['OperationError'], operation: { error: { code } } });
});

test('why a program failed stands in the log alone', async () => {
  const google = connect({ runJob: () => Promise.reject(new Error('no data')) });
  const run = { name: JOB, body: {} };
  await expect(
    failureOf(() => google.call('googleapis.run.v2.projects.locations.jobs.run', run, 'step')),
  ).resolves.toMatchObject({ message: 'The container exited with an error.' });
  expect(google.log).toEqual(['no data']);
});

test.each([
  ['roles/aiplatform.user', `${VERTEX}.customJobs.create`, create],
  ['roles/iam.serviceAccountUser', `${VERTEX}.customJobs.create`, create],
  [
    'roles/run.jobsExecutorWithOverrides',
    'googleapis.run.v2.projects.locations.jobs.run',
    { name: JOB, body: {} },
  ],
  ['roles/run.viewer', 'googleapis.run.v2.projects.locations.jobs.run', { name: JOB, body: {} }],
  ['roles/run.developer', 'googleapis.run.v2.projects.locations.services.get', { name: SERVICE }],
  ['roles/run.developer', PATCH, revision],
  ['roles/run.viewer', PATCH, revision],
  ['roles/iam.serviceAccountUser', PATCH, revision],
  ['roles/artifactregistry.reader', PATCH, revision],
  ['roles/logging.logWriter', 'sys.log', { json: {} }],
  [
    'roles/workflows.viewer',
    'googleapis.workflowexecutions.v1.projects.locations.workflows.executions.get',
    { name: `${PARENT}/workflows/w/executions/1` },
  ],
  ['roles/storage.objectViewer', 'googleapis.storage.v1.objects.get', { bucket: 'store', object: 'a' }],
])('without %s the call is refused: %s', async (role, name, args) => {
  const google = connect(
    {},
    GRANTS.filter((each) => each.role !== role),
  );
  await expect(failureOf(() => google.call(name, { ...args }, 'step'))).resolves.toMatchObject({ code: 403 });
});

test('an execution that is created is listed first', () => {
  const google = connect({}, [...GRANTS, grant('roles/workflows.invoker')]);
  const parent = `${PARENT}/workflows/w`;
  const list = (more: object = {}) => google.call(`${EXECUTIONS}.list`, { parent, ...more }, 'step');
  expect(list()).toEqual({});
  for (const argument of ['{}', '{"version": "1"}'])
    google.call(`${EXECUTIONS}.create`, { parent, body: { argument } }, 'step');
  const name = (count: number) => ({ name: `${parent}/executions/started-${count}` });
  expect(list()).toMatchObject({ executions: [name(2), name(1)] });
  expect(list({ pageSize: 1 })).toMatchObject({ executions: [name(2)] });
});

test('a revision is deployed by whom its account and its image allow it, then fetches what it serves', async () => {
  const loaded: string[] = [];
  const google = connect({ load: (account) => loaded.push(account) });
  await google.call(PATCH, revision, 'step');
  expect(loaded).toEqual([TRAIN]);
  const nowhere = connect({ service: undefined });
  await expect(failureOf(() => nowhere.call(PATCH, revision, 'step'))).resolves.toMatchObject({ code: 404 });
});

test('a callback that nobody answers runs out', () => {
  const answered = connect({ answer: () => ({ decision: 'approve' }) });
  expect(answered.call('events.await_callback', {}, 'step')).toMatchObject({
    http_request: { query: { decision: 'approve' } },
  });
  const wait = () => connect().call('events.await_callback', {}, 'step');
  expect(valueOf(thrownBy(wait))).toMatchObject({ tags: ['TimeoutError'] });
});

test('a workflow that goes in circles is stopped', () => {
  const google = connect();
  const log = () => google.call('sys.log', { json: {} }, 'step');
  for (let count = 0; count < 500; count += 1) log();
  expect(log).toThrow('the workflow goes in circles');
});
