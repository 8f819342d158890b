import { spamFilter } from '../../examples/spam-filter/pipeline';
import { compile } from '../../lib/pipeline';
import type { StateMachineDefinition } from '../../lib/aws/asl';
import { FakeAws, type FakeAwsOptions } from './fake-aws';
import { anything, containing, matching } from './matchers';
import { failure } from '../../lib/aws/rehearsal/failure';
import { type Run, runMachine } from '../../lib/aws/rehearsal/interpreter';
import { synthPipeline } from './synth';

jest.mock('../../lib/aws/function-bundle', () => jest.requireActual<object>('./stub-bundle'));

let machine: StateMachineDefinition;
beforeAll(() => {
  machine = synthPipeline().machine;
});

async function run(options?: FakeAwsOptions): Promise<{ aws: FakeAws; run: Run }> {
  const aws = new FakeAws(options);
  return { aws, run: await runMachine(machine, aws.service) };
}

const plan = compile(spamFilter);
const withoutFailure = plan.steps.map(({ id }) => id).slice(0, -2);
const lost = failure(
  'States.TaskFailed',
  '{"FailureReason":"InternalServerError: We encountered an internal error."}',
);
const crashed = failure('States.TaskFailed', '{"FailureReason":"AlgorithmError: , exit code: 1"}');

describe('a run without failures', () => {
  test('takes the steps of the plan, in its order', async () => {
    const { run: ended } = await run();
    expect(ended.failure).toBeUndefined();
    expect(ended.steps).toEqual(withoutFailure);
  });

  test('hands each job what the steps before it wrote', async () => {
    const { aws } = await run();
    const [exported] = aws.calls.filter(({ state }) => state === 'export: job');
    expect(exported?.parameters.ProcessingInputs).toMatchObject([
      {
        InputName: 'data',
        S3Input: { S3Uri: matching(/\/runs\/run-1\/training\/preprocess\/data\/$/) },
      },
      { InputName: 'preprocessing' },
      { InputName: 'model', S3Input: { S3Uri: 's3://store/runs/run-1/training/train/job/output/model/' } },
      { InputName: 'code' },
    ]);
  });

  test('creates the endpoint with the first version, and marks it as live', async () => {
    const { aws } = await run();
    const name = matching(/^spam-filter-a1b2c3d4e5f6-[0-9a-f]{8}$/);
    expect(aws.call('sagemaker:createModel')).toMatchObject({
      ModelName: name,
      PrimaryContainer: {
        ModelDataUrl: 's3://store/models/a1b2c3d4e5f6/model.tar.gz',
        Environment: { MODEL_PIPELINE_EXPECT: 'a1b2c3d4e5f6', MODEL_PIPELINE_DIGEST: 'f'.repeat(64) },
      },
    });
    expect(aws.call('sagemaker:createEndpoint')).toMatchObject({ EndpointConfigName: name });
    const written = aws.calls.filter(({ action }) => action === 's3:putObject');
    expect(written.map(({ parameters }) => parameters)).toMatchObject([
      {
        Key: 'releases/a1b2c3d4e5f6.json',
        Body: {
          version: 'a1b2c3d4e5f6',
          digest: 'f'.repeat(64),
          modelUri: 's3://store/models/a1b2c3d4e5f6/',
          packageArn: matching(/:model-package\/test-pipeline-registry-e2948741\/1$/),
        },
      },
      { Key: 'releases/live.json', Body: { version: 'a1b2c3d4e5f6' } },
    ]);
  });

  test('lists the version with its metrics, its report, and what it was made of', async () => {
    const { aws } = await run();
    expect(aws.call('sagemaker:createModelPackage')).toMatchObject({
      ModelApprovalStatus: 'PendingManualApproval',
      ModelMetrics: {
        ModelQuality: {
          Statistics: { S3Uri: 's3://store/models/a1b2c3d4e5f6/metrics.json' },
          Constraints: { S3Uri: 's3://store/models/a1b2c3d4e5f6/verification.json' },
        },
      },
      CustomerMetadataProperties: {
        version: 'a1b2c3d4e5f6',
        digest: 'f'.repeat(64),
        run: 'run-1',
        dataDigest: 'd'.repeat(64),
        codeDigest: matching(/^[0-9a-f]{64}$/),
        report: 's3://store/models/a1b2c3d4e5f6/verification.json',
      },
    });
    expect(aws.call('sagemaker:updateModelPackage')).toMatchObject({ ModelApprovalStatus: 'Approved' });
  });

  test('updates an endpoint that is there, with its guardrails', async () => {
    const { aws } = await run({ endpoint: { config: 'spam-filter-before' } });
    expect(aws.actions()).not.toContain('sagemaker:createEndpoint');
    expect(aws.call('sagemaker:updateEndpoint')).toMatchObject({
      RetainAllVariantProperties: true,
      DeploymentConfig: {
        BlueGreenUpdatePolicy: {
          TrafficRoutingConfiguration: {
            Type: 'CANARY',
            CanarySize: { Type: 'CAPACITY_PERCENT', Value: 10 },
            WaitIntervalInSeconds: 300,
          },
        },
        AutoRollbackConfiguration: {
          Alarms: [{ AlarmName: anything() }, { AlarmName: anything() }],
        },
      },
    });
  });

  test('stops scaling before it changes the endpoint, and scales again after the smoke test', async () => {
    const { aws } = await run({ endpoint: { config: 'spam-filter-before' } });
    const actions = aws.actions();
    expect(actions.slice(actions.indexOf('applicationautoscaling:deregisterScalableTarget'))).toEqual([
      'applicationautoscaling:deregisterScalableTarget',
      'sagemaker:updateEndpoint',
      'sagemaker:describeEndpoint',
      'sagemaker:describeEndpoint',
      'lambda:invoke',
      'applicationautoscaling:registerScalableTarget',
      'applicationautoscaling:putScalingPolicy',
      's3:getObject',
      's3:getObject',
      's3:putObject',
      's3:putObject',
      'dynamodb:deleteItem',
      'lambda:invoke',
    ]);
  });
});

describe('a gate', () => {
  test('that rejects the trained model ends the run, and says why', async () => {
    const { aws, run: ended } = await run({ verdicts: { gate: false } });
    expect(ended.steps).toEqual([...withoutFailure.slice(0, 5), 'notify-failure', 'Failed']);
    expect(aws.call('sns:publish')).toMatchObject({
      Subject: 'spam-filter: a run failed',
      Message: containing('Run run-1 of spam-filter failed: GateRejected'),
    });
  });

  test.each([
    ['accepts', true, 'optimization/quantize/onnx/'],
    ['rejects', false, 'conversion/export/onnx/'],
  ])('that %s the quantised model selects what is converted', async (_, verdict, path) => {
    const { aws, run: ended } = await run({ verdicts: { 'gate-quantize': verdict } });
    expect(ended.steps).toEqual(withoutFailure);
    const [convert] = aws.calls.filter(({ state }) => state === 'convert');
    expect(convert?.parameters).toMatchObject({
      Payload: { inputs: { onnx: matching(new RegExp(`/runs/run-1/${path}$`)) } },
    });
  });
});

describe('a job', () => {
  test('is run again, under another name, when its machine was lost', async () => {
    const { aws, run: ended } = await run({ failures: { 'train: job': [lost] } });
    expect(ended.failure).toBeUndefined();
    const names = aws.calls
      .filter(({ state }) => state === 'train: job')
      .map(({ parameters }) => parameters.TrainingJobName as string);
    expect(names).toHaveLength(2);
    expect(new Set(names).size).toBe(2);
    for (const name of names) expect(name).toMatch(/^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}$/);
  });

  test('ends the run when its machine was lost three times', async () => {
    const { aws, run: ended } = await run({ failures: { 'train: job': lost } });
    expect(aws.calls.filter(({ state }) => state === 'train: job')).toHaveLength(3);
    expect(ended.steps.at(-1)).toBe('Failed');
  });

  test('is not run again when its program failed', async () => {
    const { aws, run: ended } = await run({ failures: { 'train: job': crashed } });
    expect(aws.calls.filter(({ state }) => state === 'train: job')).toHaveLength(1);
    expect(ended.steps).toEqual(['preprocess', 'train', 'notify-failure', 'Failed']);
    expect(aws.call('sns:publish').Message).toContain('exit code: 1');
  });
});

test('a model that fails its verification is neither registered nor released', async () => {
  const { aws, run: ended } = await run({
    failures: { verify: failure('golden-mismatch', 'differs by 0.5') },
  });
  expect(ended.steps.slice(-3)).toEqual(['verify', 'notify-failure', 'Failed']);
  expect(aws.actions()).not.toContain('sagemaker:createModel');
});

describe('a release that fails', () => {
  const endpoint = { config: 'spam-filter-before' };

  test('by being turned back is a failure, though the endpoint is in service', async () => {
    const { aws, run: ended } = await run({ endpoint, turnsBack: true });
    expect(ended.steps.slice(-4)).toEqual(['release', 'restore', 'notify-failure', 'Failed']);
    expect(aws.call('sns:publish').Message).toMatch(/NotReleased.*is InService on spam-filter-before/s);
    expect(aws.endpoint?.config).toBe('spam-filter-before');
    expect(aws.actions()).not.toContain('s3:putObject');
  });

  test('at its smoke test puts the configuration before back, and its scaling', async () => {
    const failures = { 'release: smoke test': failure('smoke-test-difference', 'differs by 0.5') };
    const { aws, run: ended } = await run({ endpoint, failures });
    expect(ended.steps.slice(-4)).toEqual(['release', 'restore', 'notify-failure', 'Failed']);
    expect(aws.endpoint?.config).toBe('spam-filter-before');
    expect(aws.actions().slice(-4)).toEqual([
      'applicationautoscaling:registerScalableTarget',
      'applicationautoscaling:putScalingPolicy',
      'dynamodb:deleteItem',
      'sns:publish',
    ]);
    expect(aws.call('sns:publish').Message).toContain('smoke-test-difference');
  });

  test('with the first version takes the endpoint away again', async () => {
    const failures = { 'release: smoke test': failure('smoke-test-difference', 'differs by 0.5') };
    const { aws } = await run({ failures });
    expect(aws.actions()).toContain('sagemaker:deleteEndpoint');
    expect(aws.endpoint).toBeUndefined();
  });

  test('before it changed the endpoint changes nothing', async () => {
    const failures = {
      'release: create the model': failure('SageMaker.SageMakerException', 'no such archive'),
    };
    const { aws, run: ended } = await run({ endpoint, failures });
    expect(aws.actions()).not.toContain('sagemaker:updateEndpoint');
    expect(ended.path.slice(-4)).toEqual([
      'restore',
      'restore: give the lock back',
      'notify-failure',
      'Failed',
    ]);
  });

  test('and cannot be restored ends with the failure of the release', async () => {
    const failures = {
      'release: smoke test': failure('smoke-test-difference', 'differs by 0.5'),
      'restore: update the endpoint': failure('SageMaker.SageMakerException', 'busy'),
    };
    const { aws } = await run({ endpoint, failures });
    expect(aws.call('sns:publish').Message).toContain('smoke-test-difference');
  });
});

test('a version that is live already is only tested again', async () => {
  const aws = new FakeAws();
  await runMachine(machine, aws.service);
  const calls = aws.calls.length;
  const again = await runMachine(machine, aws.service);
  expect(again.steps).toEqual(withoutFailure);
  expect(aws.actions().slice(calls)).not.toContain('sagemaker:updateEndpoint');
  const written = aws.calls.slice(calls).filter(({ action }) => action === 's3:putObject');
  expect(written.map(({ parameters }) => parameters.Key)).toEqual(['releases/live.json']);
});

describe('the lock of the endpoint', () => {
  const execution = (name: string) => ({
    name,
    arn: `arn:aws:states:eu-central-1:123456789012:execution:pipeline:${name}`,
  });

  test('keeps two runs from releasing over one another', async () => {
    const aws = new FakeAws({ endpoint: { config: 'spam-filter-before' } });
    const order: string[] = [];
    const runNamed = (name: string) => {
      aws.plane.executions.set(execution(name).arn, ['RUNNING']);
      const service: typeof aws.service = async (action, parameters, state) => {
        const answer = await aws.service(action, parameters, state);
        if (/^release: (?!see|look at)/.test(state)) order.push(name);
        return answer;
      };
      return runMachine(machine, service, execution(name));
    };
    const ended = await Promise.all([runNamed('first'), runNamed('second')]);
    expect(ended.map(({ failure: failed }) => failed)).toEqual([undefined, undefined]);
    expect(order.filter((name, index) => name !== order[index - 1])).toHaveLength(2);
    expect(aws.plane.lock.item).toBeUndefined();
  });

  test('is taken over from a run that ended without giving it back', async () => {
    const aws = new FakeAws();
    aws.plane.lock.item = { owner: { S: execution('dead').arn } };
    aws.plane.executions.set(execution('dead').arn, ['RUNNING', 'TIMED_OUT']);
    const { path } = await runMachine(machine, aws.service);
    expect(path.filter((state) => state.includes('lock') || state.includes('holder'))).toEqual([
      'release: take the lock',
      'release: see who holds the lock',
      'release: look at its holder',
      'release: is its holder running?',
      'release: wait for the lock',
      'release: take the lock',
      'release: see who holds the lock',
      'release: look at its holder',
      'release: is its holder running?',
      'release: take the lock over',
      'release: give the lock back',
    ]);
    expect(aws.plane.lock.item).toBeUndefined();
  });

  test('is taken over from a run that Step Functions has forgotten', async () => {
    const aws = new FakeAws();
    aws.plane.lock.item = { owner: { S: execution('forgotten').arn } };
    const { path, failure: failed } = await runMachine(machine, aws.service);
    expect(failed).toBeUndefined();
    expect(path).toContain('release: take the lock over');
  });

  test('that was given back in the meantime is taken', async () => {
    const gone = failure('DynamoDB.ConditionalCheckFailedException', 'The conditional request failed');
    const aws = new FakeAws({ failures: { 'release: take the lock': [gone] } });
    const { path, failure: failed } = await runMachine(machine, aws.service);
    expect(failed).toBeUndefined();
    expect(path.filter((state) => state === 'release: take the lock')).toHaveLength(2);
  });

  test('stays with the run that holds it when another one fails to take it', async () => {
    const aws = new FakeAws({
      failures: { 'release: look at its holder': failure('Sfn.SfnException', 'throttled') },
    });
    const other = { owner: { S: execution('other').arn } };
    aws.plane.lock.item = other;
    const { steps } = await runMachine(machine, aws.service);
    expect(steps.slice(-4)).toEqual(['release', 'restore', 'notify-failure', 'Failed']);
    expect(aws.plane.lock.item).toEqual(other);
  });
});

describe('manual approval', () => {
  let approved: StateMachineDefinition;
  beforeAll(() => {
    const deployment = {
      ...spamFilter.deployment,
      approval: { approvers: ['ml@example.com'], expiresHours: 24 },
    };
    approved = synthPipeline({ definition: { ...spamFilter, deployment } }).machine;
  });

  test('asks with the commands that answer, and records the answer', async () => {
    const aws = new FakeAws();
    const ended = await runMachine(approved, aws.service);
    expect(ended.steps).toEqual(withoutFailure);
    const { Message } = aws.call('sns:publish.waitForTaskToken');
    expect(Message).toContain('Version a1b2c3d4e5f6 of spam-filter');
    expect(Message).toContain(
      'aws stepfunctions send-task-success --region eu-central-1 --task-output true --task-token "TOKEN"',
    );
    expect(aws.call('sagemaker:updateModelPackage')).toMatchObject({ ModelApprovalStatus: 'Approved' });
  });

  test('that is refused, or comes too late, ends the run without a release', async () => {
    const aws = new FakeAws({ failures: { approve: failure('Rejected', 'not now') } });
    const ended = await runMachine(approved, aws.service);
    expect(ended.steps.slice(-3)).toEqual(['approve', 'notify-failure', 'Failed']);
    expect(aws.call('sagemaker:updateModelPackage')).toMatchObject({
      ModelApprovalStatus: 'Rejected',
      ApprovalDescription: 'Rejected',
    });
    expect(aws.actions()).not.toContain('sagemaker:createModel');
  });
});
