import { definePipeline, type PipelineDefinition } from '../../../lib/pipeline';
import { WorkflowError } from '../../../lib/google/rehearsal/workflow-error';
import { checkSource } from '../../../lib/google/workflow/limits';
import { renderRollback, renderTeardown } from '../../../lib/google/workflow/rollback-states';
import { expectedSteps } from '../../../lib/rehearsal/scenarios';
import { spamFilter } from '../../../examples/spam-filter/pipeline';
import type { FakeCloud } from './fake-cloud';
import { cloudWith, GOOD, publish, release, start, stepsOf, workflowOf } from './pipeline';

const { plan, source } = workflowOf();
const [FIRST, SECOND] = ['aaaaaaaaaaaa', 'bbbbbbbbbbbb'];
const LOCK = 'releases/locks/1234567890.json';

const withApproval = workflowOf(changed({ approval: { approvers: ['a@example.com'], expiresHours: 2 } }));
const withFallback = workflowOf(
  definePipeline({
    ...spamFilter,
    training: {
      ...spamFilter.training,
      train: {
        ...spamFilter.training.train,
        machine: { accelerator: 'a100' },
        fallbackMachines: [{ accelerator: 'l4' }],
      },
    },
  }),
);

function changed(deployment: Partial<PipelineDefinition['deployment']>): PipelineDefinition {
  return definePipeline({ ...spamFilter, deployment: { ...spamFilter.deployment, ...deployment } });
}

/** A cloud in which a version is live. */
async function liveCloud(): Promise<FakeCloud> {
  const cloud = cloudWith(FIRST);
  expect((await start(source, cloud)).error).toBeUndefined();
  publish(cloud, SECOND);
  cloud.calls.length = 0;
  cloud.splits.length = 0;
  return cloud;
}

const onEndpoint = ({ deployed, split }: FakeCloud) =>
  deployed.map(({ id, displayName }) => [displayName.split('-')[2], split[id] ?? 0]);

test('the source and those of rollback and teardown keep the limits', () => {
  expect(checkSource(source, 'workflow')).toEqual([]);
  expect(checkSource(withApproval.source, 'workflow')).toEqual([]);
  expect(checkSource(withFallback.source, 'workflow')).toEqual([]);
  expect(checkSource(renderRollback(release), 'rollback')).toEqual([]);
  expect(checkSource(renderTeardown(release), 'teardown')).toEqual([]);
});

test('a run takes the steps of the plan in its order, and releases the first version at once', async () => {
  const cloud = cloudWith(FIRST);
  const { error, path } = await start(source, cloud);
  expect(error).toBeUndefined();
  expect(stepsOf(path, plan)).toEqual(expectedSteps(plan));
  expect(onEndpoint(cloud)).toEqual([[FIRST, 100]]);
  expect(cloud.get('releases/live.json')).toEqual({ version: FIRST });
  expect(cloud.get(`releases/${FIRST}.json`)).toEqual({
    version: FIRST,
    digest: FIRST.repeat(6).slice(0, 64),
    path: `models/${FIRST}/`,
    model: 'projects/my-project/locations/europe-west4/models/spam@1',
  });
  expect(cloud.versions).toEqual([
    {
      versionId: '1',
      aliases: [`version-${FIRST}`, 'live'],
      labels: { version: FIRST, approval: 'approved' },
    },
  ]);
  expect(cloud.objects.has(LOCK)).toBe(false);
});

test('a second version gets a canary share, then all, and the first is taken off', async () => {
  const cloud = await liveCloud();
  const before = cloud.deployed[0]?.id ?? '';
  const { error } = await start(source, cloud);
  expect(error).toBeUndefined();
  const id = cloud.deployed[0]?.id ?? '';
  expect(cloud.splits).toEqual([{ [id]: 10, [before]: 90 }, { [id]: 100 }]);
  expect(onEndpoint(cloud)).toEqual([[SECOND, 100]]);
  expect(cloud.get(`releases/${SECOND}.json`)).toMatchObject({ previous: FIRST });
});

test('linear shifts step by step', async () => {
  const linear = workflowOf(changed({ release: { strategy: 'linear', stepPercent: 40 } }));
  const cloud = await liveCloud();
  await start(linear.source, cloud);
  const id = cloud.deployed[0]?.id ?? '';
  expect(cloud.splits.map((split) => split[id])).toEqual([40, 80, 100]);
});

test('the same version is tested again, not deployed again', async () => {
  const cloud = await liveCloud();
  publish(cloud, FIRST);
  const { error } = await start(source, cloud);
  expect(error).toBeUndefined();
  expect(cloud.calls.filter((name) => name.endsWith('deployModel'))).toEqual([]);
  expect(cloud.versions).toHaveLength(1);
});

test('a model outside its gate goes no further', async () => {
  const cloud = cloudWith(FIRST, { ...GOOD, accuracy: 0.5 });
  const { error, path } = await start(source, cloud);
  expect(stepsOf(path, plan)).toEqual(expectedSteps(plan, 'gate'));
  expect(error).toEqual({
    message: 'metrics outside the bounds of the gate: ["accuracy 0.5, allowed from 0.95"]',
    tags: ['GateRejected'],
  });
  expect(cloud.log).toMatchObject([
    { severity: 'ERROR', json: { event: 'run-failed', pipeline: 'spam-filter' } },
  ]);
  expect(cloud.versions).toEqual([]);
});

test('a quantised model that lost too much is left, and the one before it goes on', async () => {
  const rejected = cloudWith(FIRST, GOOD, { ...GOOD, f1: 0.5 });
  const { error, path } = await start(source, rejected);
  expect(error).toBeUndefined();
  expect(stepsOf(path, plan)).toEqual(expectedSteps(plan));
  expect(path).toContain('gate_quantize_rejected');
  const accepted = await start(source, cloudWith(FIRST));
  expect(accepted.path).toContain('gate_quantize_accepted');
});

describe('a machine', () => {
  const fails = (code: number) => () => ({
    name: 'jobs/1',
    state: 'JOB_STATE_FAILED',
    error: { code, message: 'it failed' },
  });

  test('that is lost costs a try', async () => {
    const cloud = cloudWith(FIRST).failing('customJobs.get', fails(14));
    expect((await start(source, cloud)).error).toBeUndefined();
    expect(cloud.calls.filter((name) => name.endsWith('customJobs.create'))).toHaveLength(2);
  });

  test('that is lost at every try fails the run', async () => {
    const cloud = cloudWith(FIRST).failing('customJobs.get', fails(14), { times: 9 });
    const { error, path } = await start(source, cloud);
    expect(error).toEqual({ message: 'it failed', code: 14, tags: ['MachineLost'] });
    expect(stepsOf(path, plan)).toEqual(expectedSteps(plan, 'train'));
    expect(cloud.calls.filter((name) => name.endsWith('customJobs.create'))).toHaveLength(3);
  });

  test('on which the program fails is not tried again', async () => {
    const cloud = cloudWith(FIRST).failing('customJobs.get', fails(3));
    const { error } = await start(source, cloud);
    expect(error).toEqual({ message: 'it failed', code: 3, tags: ['JobFailed'] });
    expect(cloud.calls.filter((name) => name.endsWith('customJobs.create'))).toHaveLength(1);
  });

  test.each([
    [
      'the quota is used up',
      'customJobs.create',
      () => {
        throw WorkflowError.http(429, 'quota');
      },
    ],
    ['there is none', 'customJobs.get', fails(8)],
  ] as const)('is left for the next one where %s', async (_, name, fail) => {
    const cloud = cloudWith(FIRST).failing(name, fail);
    const { error, path } = await start(withFallback.source, cloud);
    expect(error).toBeUndefined();
    expect(path).toContain('train_job_on_machine_2');
  });

  test('that Cloud Run has not for a program costs a try', async () => {
    const cloud = cloudWith(FIRST).failing(
      'jobs.run',
      () => {
        throw new WorkflowError({
          message: 'failed',
          tags: ['OperationError'],
          operation: { error: { code: 14, message: 'no instance' } },
        });
      },
      { step: 'jobs/convert' },
    );
    expect((await start(source, cloud)).error).toBeUndefined();
    expect(cloud.calls.filter((name) => name.endsWith('jobs.run'))).toHaveLength(11);
  });
});

test('a verification that fails ends the run before anything is registered', async () => {
  const cloud = cloudWith(FIRST).failing(
    'jobs.run',
    () => {
      throw new WorkflowError({
        message: 'failed',
        tags: ['OperationError'],
        operation: { error: { code: 2, message: 'golden-tensors' } },
      });
    },
    { step: 'jobs/verify' },
  );
  const { error, path } = await start(source, cloud);
  expect(error).toEqual({ message: 'golden-tensors', code: 2, tags: ['JobFailed'] });
  expect(stepsOf(path, plan)).toEqual(expectedSteps(plan, 'verify'));
  expect(cloud.versions).toEqual([]);
});

test('a store that holds another model as this version ends the run', async () => {
  const cloud = cloudWith(FIRST);
  cloud.put(`models/${FIRST}/manifest.json`, { files: { 'model.onnx': { sha256: 'other' } } });
  const { error } = await start(source, cloud);
  expect(error).toEqual({
    message: `the store holds another model as version ${FIRST}`,
    tags: ['VersionDiffers'],
  });
});

describe('approval', () => {
  test('is asked for in the log, and given', async () => {
    const cloud = cloudWith(FIRST);
    const { error, path } = await start(withApproval.source, cloud);
    expect(error).toBeUndefined();
    expect(stepsOf(path, withApproval.plan)).toEqual(expectedSteps(withApproval.plan));
    expect(cloud.log).toMatchObject([
      {
        severity: 'NOTICE',
        json: {
          event: 'approval-requested',
          version: FIRST,
          approve: 'https://callback?decision=approve',
          reject: 'https://callback?decision=reject',
        },
      },
    ]);
  });

  test.each([
    ['rejected', 'reject', { message: 'a person has rejected the version', tags: ['Rejected'] }],
    [
      'expired',
      undefined,
      { message: 'nobody has approved the version within 2 hours', tags: ['ApprovalTimeout'] },
    ],
  ] as const)('%s ends the run', async (_, decision, expected) => {
    const cloud = cloudWith(FIRST);
    cloud.decision = decision;
    const { error, path } = await start(withApproval.source, cloud);
    expect(error).toEqual(expected);
    expect(stepsOf(path, withApproval.plan)).toEqual(expectedSteps(withApproval.plan, 'approve'));
    expect(cloud.versions[0]?.labels).toMatchObject({ approval: 'rejected' });
    expect(cloud.deployed).toEqual([]);
  });
});

const smokeFails = () => {
  throw new WorkflowError({
    message: 'failed',
    tags: ['OperationError'],
    operation: { error: { code: 2, message: 'smoke-test-difference' } },
  });
};

describe('a release that fails', () => {
  test('because the answers differ is turned back to what was live', async () => {
    const cloud = await liveCloud();
    cloud.failing('jobs.run', smokeFails, { step: 'jobs/smoke-test' });
    const { error, path } = await start(source, cloud);
    expect(error).toMatchObject({ message: 'smoke-test-difference' });
    expect(stepsOf(path, plan)).toEqual(expectedSteps(plan, 'release'));
    expect(onEndpoint(cloud)).toEqual([[FIRST, 100]]);
    expect(cloud.get('releases/live.json')).toEqual({ version: FIRST });
    expect(cloud.objects.has(LOCK)).toBe(false);
  });

  test('because a limit is exceeded stops at its first share', async () => {
    const cloud = await liveCloud();
    cloud.measured = 300;
    const { error } = await start(source, cloud);
    expect(error).toEqual({ message: 'Latency: 300, at most 250', tags: ['AlarmRaised'] });
    expect(cloud.splits).toHaveLength(2);
    expect(onEndpoint(cloud)).toEqual([[FIRST, 100]]);
  });

  test('because the endpoint does another thing than asked is one', async () => {
    const cloud = await liveCloud();
    cloud.failing('endpoints.patch', () => ({}));
    const { error } = await start(source, cloud);
    expect(error).toMatchObject({ tags: ['NotReleased'] });
    expect(onEndpoint(cloud)).toEqual([[FIRST, 100]]);
  });

  test('on an empty endpoint leaves it empty', async () => {
    const cloud = cloudWith(FIRST).failing('jobs.run', smokeFails, { step: 'jobs/smoke-test' });
    const { error } = await start(source, cloud);
    expect(error).toMatchObject({ message: 'smoke-test-difference' });
    expect(cloud.deployed).toEqual([]);
    expect(cloud.get('releases/live.json')).toBeUndefined();
  });

  test('after the old version was taken off deploys it again', async () => {
    const cloud = await liveCloud();
    cloud.failing(
      'objects.insert',
      () => {
        throw WorkflowError.http(403, 'not allowed');
      },
      { step: 'live.json' },
    );
    const { error } = await start(source, cloud);
    expect(error).toMatchObject({ code: 403 });
    expect(onEndpoint(cloud)).toEqual([[FIRST, 100]]);
  });

  test('and cannot be turned back keeps its own cause', async () => {
    const cloud = await liveCloud();
    cloud.failing('jobs.run', smokeFails, { step: 'jobs/smoke-test' }).failing(
      'endpoints.undeployModel',
      () => {
        throw WorkflowError.http(500, 'broken');
      },
      { times: 9 },
    );
    const { error } = await start(source, cloud);
    expect(error).toMatchObject({ message: 'smoke-test-difference' });
    expect(cloud.objects.has(LOCK)).toBe(false);
  });
});

describe('the lock', () => {
  const other = { execution: 'projects/1/locations/l/workflows/w/executions/other' };

  test('of a run that goes on is waited for', async () => {
    const cloud = cloudWith(FIRST);
    cloud.put(LOCK, other);
    cloud.failing('executions.get', () => {
      cloud.holder = 'SUCCEEDED';
      return { state: 'ACTIVE' };
    });
    const { error, path } = await start(source, cloud);
    expect(error).toBeUndefined();
    expect(path).toContain('lock_wait');
    expect(cloud.objects.has(LOCK)).toBe(false);
  });

  test.each([
    ['ended', { state: 'FAILED' }],
    ['is forgotten', undefined],
  ])('of a run that %s is taken over', async (_, state) => {
    const cloud = cloudWith(FIRST);
    cloud.put(LOCK, other);
    cloud.failing('executions.get', () => {
      if (state === undefined) throw WorkflowError.http(404, 'not found');
      return state;
    });
    const { error, path } = await start(source, cloud);
    expect(error).toBeUndefined();
    expect(path).not.toContain('lock_wait');
  });

  test('of another run is not given back by a run that never had it', async () => {
    const cloud = cloudWith(FIRST);
    cloud.put(LOCK, other);
    cloud.failing('executions.get', () => {
      throw WorkflowError.http(403, 'not allowed');
    });
    const { error } = await start(source, cloud);
    expect(error).toMatchObject({ code: 403 });
    expect(cloud.get(LOCK)).toEqual(other);
  });
});

describe('rollback', () => {
  const rollback = renderRollback(release);

  async function twice(): Promise<FakeCloud> {
    const cloud = await liveCloud();
    await start(source, cloud);
    return cloud;
  }

  test.each([
    ['the version before', {}],
    ['the version it is asked for', { version: FIRST }],
    ['the version before, without an argument', null],
  ])('goes to %s', async (_, argument) => {
    const cloud = await twice();
    const { error } = await start(rollback, cloud, argument);
    expect(error).toBeUndefined();
    expect(onEndpoint(cloud)).toEqual([[FIRST, 100]]);
    expect(cloud.get('releases/live.json')).toEqual({ version: FIRST });
    expect(cloud.objects.has(LOCK)).toBe(false);
  });

  test('of a version that was never live fails, and leaves what is live', async () => {
    const cloud = await twice();
    const { error, path } = await start(rollback, cloud, { version: 'cccccccccccc' });
    expect(error).toMatchObject({ code: 404 });
    expect(path).toEqual(expect.arrayContaining(['rollback', 'restore', 'notify_failure']));
    expect(onEndpoint(cloud)).toEqual([[SECOND, 100]]);
  });

  test('has nowhere to go from the first version', async () => {
    const { error } = await start(rollback, await liveCloud());
    expect(error).toMatchObject({ tags: ['NoVersionBefore'] });
  });

  test('refuses a version that is no longer approved', async () => {
    const cloud = await twice();
    const [version] = cloud.versions;
    if (version) version.labels = { approval: 'rejected' };
    const { error } = await start(rollback, cloud);
    expect(error).toEqual({
      message: `version ${FIRST} is not approved in the registry`,
      tags: ['NotApproved'],
    });
  });

  test('that fails restores what was live', async () => {
    const cloud = await twice();
    cloud.failing('jobs.run', smokeFails, { step: 'jobs/smoke-test' });
    const { error } = await start(rollback, cloud);
    expect(error).toMatchObject({ message: 'smoke-test-difference' });
    expect(onEndpoint(cloud)).toEqual([[SECOND, 100]]);
  });
});

describe('teardown', () => {
  const teardown = renderTeardown(release);

  test('takes everything off, whatever its share', async () => {
    const cloud = await liveCloud();
    const [live] = cloud.deployed;
    if (live) cloud.deployed.push({ ...live, id: 'other' });
    cloud.split = { [live?.id ?? '']: 50, other: 50 };
    expect((await start(teardown, cloud)).error).toBeUndefined();
    expect(cloud.deployed).toEqual([]);
    expect(cloud.get('releases/live.json')).toBeUndefined();
    expect(cloud.objects.has(LOCK)).toBe(false);
    expect((await start(teardown, cloud)).error).toBeUndefined();
  });

  test('that fails gives the lock back', async () => {
    const cloud = await liveCloud();
    cloud.failing('endpoints.undeployModel', () => {
      throw WorkflowError.http(500, 'broken');
    });
    expect((await start(teardown, cloud)).error).toMatchObject({ code: 500 });
    expect(cloud.objects.has(LOCK)).toBe(false);
  });
});
