import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { spamFilter } from '../../examples/spam-filter/pipeline';
import { DriftMonitor, NotificationChannels, RequestLog } from '../../lib/google';
import { FakeStore } from '../../lib/google/rehearsal/fake-store';
import { RehearsedJobs } from '../../lib/google/rehearsal/rehearsed-jobs';
import { runJob } from '../../lib/local/job';
import type { Drift, PipelineDefinition, Plan } from '../../lib/pipeline';
import { ProgramCache } from '../../lib/rehearsal/program-cache';
import { createStack, PROJECT, resourceOf, resourcesOf } from './endpoint-synth';
import { FakeBigquery, type LoggedRow } from './fake-bigquery';
import { type RunOptions, type RunResult, runWorkflow } from './run-workflow';

const PYTHON = resolve('.venv/bin/python');
const VERSION = '0123456789ab';

const having = (drift: Drift): PipelineDefinition => ({
  ...spamFilter,
  monitoring: { ...spamFilter.monitoring, capture: { samplePercent: 10 }, drift },
});

function synth(drift: Drift = {}, outdir?: string, logs = true) {
  const { app, stack, store } = createStack(outdir);
  const requestLog = new RequestLog(stack, 'Requests', { project: PROJECT });
  const people = new NotificationChannels(stack, 'People', {
    project: PROJECT,
    recipients: ['ml@example.com'],
  });
  const monitor = new DriftMonitor(stack, 'Drift', {
    ...{ project: PROJECT, definition: having(drift), store, requestLog: logs ? requestLog : undefined },
    actions: { warning: people, critical: people },
  });
  return { app, monitor, requestLog, stack, store };
}

let work: string;
let made: ReturnType<typeof synth>;
let plan: Plan;
beforeAll(() => {
  work = mkdtempSync(join(tmpdir(), 'drift-'));
  made = synth({ everyHours: 6 }, join(work, 'out'));
  made.app.synth();
  plan = planOf(made);
});
afterAll(() => {
  rmSync(work, { recursive: true });
});

/** The plan that travels with the job's code. */
function planOf({ app, stack }: ReturnType<typeof synth>): Plan {
  const [archive] = resourcesOf(stack, 'google_storage_bucket_object');
  const file = join(app.outdir, 'stacks', stack.node.id, String(archive?.source));
  const cwd = mkdtempSync(join(work, 'code-'));
  execFileSync('python3', ['-m', 'zipfile', '-e', file, cwd]);
  return JSON.parse(readFileSync(join(cwd, 'plan.json'), 'utf8')) as Plan;
}

/** A store in which a version is live whose inputs and answers were spread over two bins alike. */
function createWorld() {
  const store = new FakeStore(made.store.bucketName);
  for (const { name } of resourcesOf(made.stack, 'google_storage_bucket_object')) store.put(String(name), '');
  store.put('releases/live.json', JSON.stringify({ version: VERSION }));
  const preprocessing = { schemaVersion: 1, inputs: { x: { kind: 'numbers', field: 'x', shape: [1] } } };
  store.put(`models/${VERSION}/preprocessing/preprocessing.json`, JSON.stringify(preprocessing));
  const bins = { edges: [0, 5, 10], counts: [0, 100, 100, 0] };
  const features = [
    { name: 'x', of: 'input', ...bins },
    { name: 'y', of: 'output', ...bins },
  ];
  const reference = { samples: 200, features };
  store.put(`baselines/${VERSION}/baseline.json`, JSON.stringify({ schemaVersion: 1, reference }));
  return { store, bigquery: new FakeBigquery(made.requestLog.table, PROJECT.region, store) };
}

const rowsOf = (values: readonly number[], hoursAgo = 1): LoggedRow[] =>
  values.map((value) => ({ hoursAgo, request: [{ x: [value] }], response: [{ label: 'a', y: value }] }));

const alternating = Array.from({ length: 250 }, (_, index) => (index % 2 === 0 ? 3 : 8));

async function check(
  { bigquery, store }: ReturnType<typeof createWorld>,
  options: Partial<RunOptions> = {},
): Promise<RunResult> {
  const directory = mkdtempSync(join(work, 'jobs-'));
  const jobs = new RehearsedJobs({
    plan,
    source: spamFilter.source,
    directory,
    cache: new ProgramCache(mkdtempSync(join(work, 'cache-'))),
    run: (request) =>
      runJob({
        python: PYTHON,
        request,
        log: join(directory, 'drift.log'),
        timeoutMinutes: 1,
        signal: new AbortController().signal,
        onProgress: () => undefined,
      }),
  });
  const result: RunResult = await runWorkflow({
    ...{ stack: made.stack, workflow: made.monitor.workflow, store, bigquery: bigquery.answer },
    runJob: (job, guard) => jobs.run(job.words, { store, guard, alter: (_, outputs) => outputs }),
    ...options,
  });
  expect(result.denied).toEqual([]);
  return result;
}

const published = ({ log }: RunResult) => log.at(-1) as Readonly<Record<string, unknown>>;

describe('a check', () => {
  test('of requests like those that the model knew finds no drift, and leaves no copy of them', async () => {
    const world = createWorld();
    world.bigquery.rows = rowsOf(alternating);
    const result = await check(world);
    expect(result.error).toBeUndefined();
    expect(published(result)).toMatchObject({
      event: 'drift-checked',
      pipeline: 'spam-filter',
      version: VERSION,
      samples: 250,
    });
    expect(published(result).populationStability).toBeCloseTo(0, 3);
    expect(published(result).predictionStability).toBeCloseTo(0, 3);
    expect(world.store.list('capture/')).toEqual([]);
    expect(world.store.list('drift/').filter((path) => !path.endsWith('/'))).toEqual([
      'drift/spam-filter/check-1/metrics/metrics.json',
      'drift/spam-filter/check-1/report/drift.json',
    ]);
    const needed = result.unused.filter((grant) => grant.includes('drift-workflow'));
    expect(needed).toEqual([]);
  });

  test('of requests unlike those tells how far they are apart', async () => {
    const world = createWorld();
    world.bigquery.rows = [...rowsOf(Array<number>(250).fill(8)), ...rowsOf(alternating, 7)];
    const result = await check(world);
    expect(published(result).samples).toBe(250);
    expect(published(result).populationStability).toBeGreaterThan(1);
    const report: unknown = JSON.parse(
      String(world.store.get('drift/spam-filter/check-1/report/drift.json')),
    );
    expect(report).toMatchObject({ verdict: 'critical', malformed: 0 });
    expect(world.bigquery.jobs).toEqual(['drift-check-1']);
  });

  test('of too few samples tells their number alone', async () => {
    const world = createWorld();
    world.bigquery.rows = rowsOf([3, 8]);
    expect(published(await check(world))).toEqual({
      event: 'drift-checked',
      pipeline: 'spam-filter',
      version: VERSION,
      samples: 2,
      populationStability: null,
      predictionStability: null,
    });
  });

  test('of no requests at all tells so, whether there is a table or not', async () => {
    const world = createWorld();
    expect(published(await check(world))).toMatchObject({ samples: 0, populationStability: null });
    expect(world.bigquery.jobs).toEqual([]);
    world.bigquery.rows = rowsOf(alternating, 7);
    expect(published(await check(world))).toMatchObject({ samples: 0, populationStability: null });
  });

  test('without a live version does nothing', async () => {
    const world = createWorld();
    const store = new FakeStore(made.store.bucketName);
    const { error, path, log } = await check({ ...world, store });
    expect({ error, log, path }).toEqual({
      error: undefined,
      log: [],
      path: ['begin', 'read_live', 'read_json_object', 'read_live_expected'],
    });
  });

  test('whose export fails fails as well, and publishes nothing', async () => {
    const world = createWorld();
    world.bigquery.rows = rowsOf(alternating);
    world.bigquery.fails = true;
    const { error, log } = await check(world);
    expect(error).toMatchObject({ message: 'Resources exceeded' });
    expect(log).toEqual([]);
    expect(world.store.list('drift/')).toEqual([]);
  });

  test('whose job loses its machine tries again', async () => {
    const world = createWorld();
    world.bigquery.rows = rowsOf(alternating);
    let lost = false;
    const loses = () => {
      if (lost) return undefined;
      lost = true;
      return 'machine-taken' as const;
    };
    expect(published(await check(world, { loses })).samples).toBe(250);
  });

  test('whose program fails leaves no copy of the requests either', async () => {
    const world = createWorld();
    world.bigquery.rows = rowsOf(alternating);
    world.store.put(`baselines/${VERSION}/baseline.json`, '{}');
    const { error, log } = await check(world);
    expect(error).toMatchObject({ tags: ['JobFailed'] });
    expect(log).toEqual([expect.stringContaining('the baseline has no reference to compare with')]);
    expect(world.store.list('capture/')).toEqual([]);
  });

  test('whose copy cannot be removed is done all the same', async () => {
    const world = createWorld();
    world.bigquery.rows = rowsOf([3]);
    const { error } = await check(world, { failing: 'objects.list' });
    expect(error).toBeUndefined();
    expect(world.store.list('capture/')).toEqual(['capture/spam-filter/check-1/000000000000.jsonl']);
  });
});

test('a check of what a server recorded in the store reads it where it is, and leaves it there', async () => {
  const own = synth({ everyHours: 6 }, undefined, false);
  const { store } = createWorld();
  const body = (value: object) => ({ data: JSON.stringify(value), encoding: 'JSON' });
  const lines = alternating.map((value) =>
    JSON.stringify({
      captureData: {
        endpointInput: body({ instances: [{ x: [value] }] }),
        endpointOutput: body({ predictions: [{ label: 'a', y: value }] }),
      },
      eventMetadata: { eventId: '1', inferenceTime: '2026-11-23T10:00:00.000Z' },
    }),
  );
  const recorded = 'capture/spam-filter/2026/11/23/10/a.jsonl';
  store.put(recorded, lines.join('\n'));
  const { stack, monitor } = own;
  for (const { name } of resourcesOf(stack, 'google_storage_bucket_object')) store.put(String(name), '');
  const bigquery = new FakeBigquery('none', PROJECT.region, store);
  const result = await check({ store, bigquery }, { stack, workflow: monitor.workflow });
  expect(published(result)).toMatchObject({ samples: 250 });
  expect(published(result).populationStability).toBeCloseTo(0, 3);
  expect(store.list('capture/')).toEqual([recorded]);
  const run = result.connectors.calls.find(({ name }) => name.endsWith('jobs.run'));
  expect(JSON.stringify(run?.args)).toContain('"--newer-than","capture=7"');
  expect(result.unused.filter((grant) => grant.includes('drift-workflow'))).toEqual([]);
  expect(resourcesOf(stack, 'google_project_iam_member').map(({ role }) => role)).not.toContain(
    'roles/bigquery.jobUser',
  );
  store.put(`baselines/${VERSION}/baseline.json`, '{}');
  const failed = await check(
    { store: without(store, 'drift/'), bigquery },
    { stack, workflow: monitor.workflow },
  );
  expect(failed.error).toMatchObject({ tags: ['JobFailed'] });
});

/** The store but for what lies below a prefix. */
function without(store: FakeStore, prefix: string): FakeStore {
  const rest = new FakeStore(store.bucketName);
  for (const path of store.list('')) if (!path.startsWith(prefix)) rest.put(path, store.get(path) ?? '');
  return rest;
}

describe('around it', () => {
  test('a schedule starts the checks, as an account that may start this workflow alone', () => {
    const { stack } = synth({ everyHours: 36 });
    expect(resourceOf(stack, 'google_cloud_scheduler_job')).toMatchObject({
      schedule: 'every 36 hours',
      time_zone: 'Etc/UTC',
      http_target: {
        uri: 'https://workflowexecutions.googleapis.com/v1/projects/my-project/locations/europe-west4/workflows/test-drift/executions',
        oauth_token: { service_account_email: expect.stringMatching(/^test-drift-schedule-/) as string },
      },
    });
    const invokers = resourcesOf(stack, 'google_project_iam_member').filter(
      ({ role }) => role === 'roles/workflows.invoker',
    );
    expect(invokers).toMatchObject([{ condition: { title: 'only this workflow' } }]);
  });

  test('indices and samples are metrics of the log; an entry without an index counts for none', () => {
    const metrics = resourcesOf(made.stack, 'google_logging_metric');
    expect(metrics.map(({ name, value_extractor }) => [name, value_extractor])).toEqual([
      ['test-drift-populationStability', 'EXTRACT(jsonPayload.populationStability)'],
      ['test-drift-predictionStability', 'EXTRACT(jsonPayload.predictionStability)'],
      ['test-drift-samples', 'EXTRACT(jsonPayload.samples)'],
    ]);
    expect(metrics[0]?.filter).toBe(
      'resource.type="workflows.googleapis.com/Workflow" AND resource.labels.workflow_id="test-drift" ' +
        'AND jsonPayload.event="drift-checked" AND jsonPayload.populationStability>=0',
    );
    expect(made.monitor.metricSamples().filter).toContain('user/test-drift-samples"');
    expect(made.monitor.metricPredictionStability().filter).toContain('user/test-drift-predictionStability"');
  });

  test('alerts tell people at both levels, over the time between two checks, a day at most', () => {
    const conditions = (drift: Drift) =>
      resourcesOf(synth(drift).stack, 'google_monitoring_alert_policy').map((policy) => {
        const [{ condition_threshold: threshold }] = policy.conditions as [{ condition_threshold: object }];
        const { notification_channels: channels, severity } = policy as Record<string, unknown[]>;
        return { severity, channels: channels?.length, ...threshold };
      });
    expect(conditions({ everyHours: 12 })).toMatchObject([
      { severity: 'WARNING', channels: 1, threshold_value: 0.1, comparison: 'COMPARISON_GT' },
      {
        severity: 'CRITICAL',
        threshold_value: 0.25,
        aggregations: [
          {
            alignment_period: '43200s',
            per_series_aligner: 'ALIGN_DELTA',
            cross_series_reducer: 'REDUCE_MEAN',
          },
        ],
      },
    ]);
    expect(conditions({ everyHours: 100, populationStability: { critical: 0.5 } })).toMatchObject([
      { threshold_value: 0.5, aggregations: [{ alignment_period: '86400s' }] },
    ]);
  });

  test('people may be allowed to start a check', () => {
    const { monitor, stack } = synth();
    monitor.grantStart('Ops', 'group:ops@example.com');
    expect(resourcesOf(stack, 'google_project_iam_member')).toContainEqual(
      expect.objectContaining({ member: 'group:ops@example.com', role: 'roles/workflows.invoker' }),
    );
  });
});
