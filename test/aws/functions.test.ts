import { Match, Template } from 'aws-cdk-lib/assertions';
import { Key, KeySpec, KeyUsage } from 'aws-cdk-lib/aws-kms';
import { Size } from 'aws-cdk-lib/core';
import { CustomState, DefinitionBody, StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { ArtifactStore, GateFunction, ModelRegistration, ModelVerification, SmokeTest } from '../../lib/aws';
import { sizeProgram } from '../../lib/aws/program-size';
import { flatten } from './flatten';
import { matching } from './matchers';
import { statementsOf } from './policies';
import { createStack, machineOf } from './synth';

jest.mock('../../lib/aws/function-bundle', () => jest.requireActual<object>('./stub-bundle'));

const inRun = (path: string) => ({
  uri: `States.Format('s3://store/runs/{}/${path}/', $$.Execution.Name)`,
  prefixes: [`runs/*/${path}/`],
});

function createVerification() {
  const stack = createStack();
  const verification = new ModelVerification(stack, 'Verify', {
    store: new ArtifactStore(stack, 'Store'),
    step: 'verify',
    parameters: { tolerance: { absolute: 0.0001 } },
    inputs: { model: inRun('conversion/convert/model') },
    outputs: { report: inRun('conversion/verify/report'), metrics: inRun('conversion/verify/metrics') },
  });
  return { stack, verification };
}

function synthVerification() {
  const { stack, verification } = createVerification();
  return { stack, verification, template: Template.fromStack(stack) };
}

test('a program runs on the current Node.js, with room for the model', () => {
  synthVerification().template.hasResourceProperties('AWS::Lambda::Function', {
    Description: 'Runs the program "verify" in the step "verify"',
    Runtime: 'nodejs24.x',
    Architectures: ['x86_64'],
    Handler: 'index.handler',
    MemorySize: 2624,
    EphemeralStorage: { Size: 912 },
    Timeout: 900,
    TracingConfig: { Mode: 'Active' },
  });
});

test.each([
  ['convert', 100, 1769, 712],
  ['convert', 2304, 10240, 5120],
  ['verify', 1000, 5024, 1512],
  ['register', 2400, 5824, 10112],
  ['baseline', 1000, 4024, 1512],
] as const)(
  '%s of a model of %i MiB has %i MiB of memory and %i MiB of disk',
  (program, model, memory, disk) => {
    const size = sizeProgram({ program, parameters: {} }, Size.mebibytes(model));
    expect(size.fitsLambda).toBe(true);
    expect(size.memory.toMebibytes()).toBe(memory);
    expect(size.ephemeralStorage.toMebibytes()).toBe(disk);
  },
);

test('a model that is too large for Lambda is refused', () => {
  const stack = createStack();
  const props = { store: new ArtifactStore(stack, 'Store'), parameters: {}, inputs: {}, outputs: {} };
  const create = () =>
    new ModelVerification(stack, 'Verify', { ...props, step: 'verify', modelSize: Size.gibibytes(3) });
  expect(create).toThrow(
    'step "verify": 1 problem\n' +
      '  modelSize: is 3072 MiB: "verify" would need more than the 10,240 MiB of memory or disk that a function can have [model-too-large-for-lambda]\n',
  );
});

test('memory and disk that are given are kept', () => {
  const stack = createStack();
  new ModelVerification(stack, 'Verify', {
    store: new ArtifactStore(stack, 'Store'),
    step: 'verify',
    parameters: {},
    inputs: {},
    outputs: {},
    memory: Size.mebibytes(3008),
    ephemeralStorage: Size.gibibytes(4),
  });
  Template.fromStack(stack).hasResourceProperties('AWS::Lambda::Function', {
    MemorySize: 3008,
    EphemeralStorage: { Size: 4096 },
  });
});

test('a program is told its directories as they are in this run', () => {
  const { stack, verification } = synthVerification();
  expect(flatten(stack.resolve(verification.state))).toMatchObject({
    Resource: 'arn:aws:states:::lambda:invoke',
    Parameters: {
      Payload: {
        program: 'verify',
        step: 'verify',
        parameters: { tolerance: { absolute: 0.0001 } },
        inputs: {
          'model.$': "States.Format('s3://store/runs/{}/conversion/convert/model/', $$.Execution.Name)",
        },
        outputs: {
          'report.$': "States.Format('s3://store/runs/{}/conversion/verify/report/', $$.Execution.Name)",
          'metrics.$': "States.Format('s3://store/runs/{}/conversion/verify/metrics/', $$.Execution.Name)",
        },
      },
    },
    Retry: [{ IntervalSeconds: 30, MaxAttempts: 2, BackoffRate: 2 }],
  });
});

test('a program reads its inputs, writes its outputs, and nothing else', () => {
  const objects = statementsOf(synthVerification().template)
    .flatMap(({ actions, resources }) =>
      actions.map((action) => [action, ...resources.map((arn) => arn.split('/').slice(1).join('/'))]),
    )
    .filter(([action]) => action !== undefined && /^s3:(Put|Get)Object$/.test(action));
  const written = ['runs/*/conversion/verify/report/*', 'runs/*/conversion/verify/metrics/*'];
  expect(objects).toEqual([
    ['s3:GetObject', 'runs/*/conversion/convert/model/*', ...written],
    ['s3:PutObject', ...written],
  ]);
});

test('registration may publish versions, and tell whether one is there', () => {
  const stack = createStack();
  new ModelRegistration(stack, 'Register', {
    store: new ArtifactStore(stack, 'Store'),
    step: 'register',
    parameters: {},
    inputs: {},
    outputs: {},
  });
  const statements = statementsOf(Template.fromStack(stack)).filter(({ actions }) =>
    actions[0]?.startsWith('s3:'),
  );
  const rendered = statements.map(({ actions, resources, condition }) => [
    actions.join(),
    resources[0]?.split(':').at(-1),
    !!condition,
  ]);
  expect(rendered).toContainEqual([
    's3:PutObject,s3:AbortMultipartUpload',
    'StoreBucket4FBDE984/models/*',
    false,
  ]);
  expect(rendered).toContainEqual(['s3:ListBucket', 'StoreBucket4FBDE984', false]);
});

test('registration signs with a key of its own choice, and may use no other', () => {
  const stack = createStack();
  const signingKey = new Key(stack, 'Key', {
    keySpec: KeySpec.ECC_NIST_P256,
    keyUsage: KeyUsage.SIGN_VERIFY,
  });
  new ModelRegistration(stack, 'Register', {
    store: new ArtifactStore(stack, 'Store'),
    step: 'register',
    parameters: {},
    inputs: {},
    outputs: {},
    signingKey,
  });
  const template = Template.fromStack(stack);
  const keyArn = stack.resolve(signingKey.keyArn) as object;
  template.hasResourceProperties('AWS::Lambda::Function', {
    Environment: { Variables: { MODEL_PIPELINE_SIGNING_KEY: keyArn } },
  });
  template.hasResourceProperties('AWS::IAM::Policy', {
    PolicyDocument: {
      Statement: Match.arrayWith([
        { Action: ['kms:GetPublicKey', 'kms:Sign'], Effect: 'Allow', Resource: keyArn },
      ]),
    },
  });
});

test('a gate is told its rules and where the metrics are', () => {
  const stack = createStack();
  const gate = new GateFunction(stack, 'Gate', {
    store: new ArtifactStore(stack, 'Store'),
    rules: [{ kind: 'loss', metric: 'f1', maxLoss: 0.01, goal: 'maximize' }],
    metrics: inRun('optimization/evaluate-quantize/metrics'),
    baseline: { uri: '$.selected.gate.metrics', prefixes: ['runs/*/training/evaluate/metrics/'] },
  });
  expect(gate.state.Parameters).toMatchObject({
    Payload: {
      rules: [{ kind: 'loss', metric: 'f1', maxLoss: 0.01, goal: 'maximize' }],
      'metrics.$':
        "States.Format('s3://store/runs/{}/optimization/evaluate-quantize/metrics/', $$.Execution.Name)",
      'baseline.$': '$.selected.gate.metrics',
    },
  });
});

test('a smoke test may send requests to its endpoint alone', () => {
  const stack = createStack();
  new SmokeTest(stack, 'SmokeTest', {
    store: new ArtifactStore(stack, 'Store'),
    endpointName: 'spam',
    runtime: 'onnx',
    version: 's3://store/models/1/',
  });
  const [invoke] = statementsOf(Template.fromStack(stack)).filter(({ actions }) =>
    actions.includes('sagemaker:InvokeEndpoint'),
  );
  expect(invoke?.resources).toEqual(['arn:aws:sagemaker:eu-central-1:123456789012:endpoint/spam']);
});

test('a task goes into any state machine as it is', () => {
  const { stack, verification } = createVerification();
  const task = new CustomState(stack, 'RunVerify', { stateJson: verification.state });
  const definitionBody = DefinitionBody.fromChainable(task);
  const machine = new StateMachine(stack, 'Machine', { definitionBody });
  verification.grantRun(machine);
  const template = Template.fromStack(stack);
  expect(machineOf(template).States.RunVerify).toMatchObject({
    Parameters: { Payload: { program: 'verify' } },
    End: true,
  });
  const [invoke] = statementsOf(template).filter(({ holder }) => holder.startsWith('MachineRoleDefault'));
  expect(invoke).toMatchObject({
    actions: ['lambda:InvokeFunction'],
    resources: [matching(/:VerifyFunction[0-9A-F]{8}$/)],
  });
});
