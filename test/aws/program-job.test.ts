import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { Key, KeySpec, KeyUsage } from 'aws-cdk-lib/aws-kms';
import { Duration, Size, Stage } from 'aws-cdk-lib/core';
import { AwsSolutionsChecks, NIST80053R5Checks } from 'cdk-nag';
import { spamFilter } from '../../examples/spam-filter/pipeline';
import {
  acknowledgeFindings,
  ArtifactStore,
  ModelPipeline,
  ProgramJob,
  type ProgramJobProps,
} from '../../lib/aws';
import { programEventOf } from '../../lib/aws/rehearsal/program-jobs';
import type { PipelineDefinition } from '../../lib/pipeline';
import { flatten } from './flatten';
import { statementsOf } from './policies';
import { createStack, machineOf, SERVER } from './synth';

jest.mock('../../lib/aws/function-bundle', () => jest.requireActual<object>('./stub-bundle'));

const inRun = (path: string) => ({
  uri: `States.Format('s3://store/runs/{}/${path}/', $$.Execution.Name)`,
  prefixes: [`runs/*/${path}/`],
});

function createJob(props: Partial<ProgramJobProps> = {}) {
  const stack = createStack();
  const job = new ProgramJob(stack, 'Verify', {
    program: 'verify',
    jobName: 'spam-filter-verify',
    image: SERVER,
    store: new ArtifactStore(stack, 'Store'),
    step: 'verify',
    parameters: { tolerance: { absolute: 0.0001 } },
    inputs: { model: inRun('conversion/convert/model') },
    outputs: { report: inRun('conversion/verify/report'), metrics: inRun('conversion/verify/metrics') },
    timeout: Duration.hours(1),
    modelSize: Size.gibibytes(6),
    ...props,
  });
  return { stack, job, state: flatten(stack.resolve(job.state)) as { Parameters: Record<string, unknown> } };
}

test('a program of a large model runs in the container of this library, with memory and disk for the model', () => {
  expect(createJob().state).toMatchObject({
    Resource: 'arn:aws:states:::sagemaker:createProcessingJob.sync',
    TimeoutSeconds: 7200,
    Parameters: {
      AppSpecification: {
        ContainerEntrypoint: [
          'node',
          '/srv/node_modules/cdk-model-pipeline/dist/lib/cli/main.js',
          'program',
          '--store',
          's3',
          '--program',
          'verify',
          '--step',
          'verify',
          '--answer',
          '/opt/ml/output/message',
          '--parameters={"tolerance":{"absolute":0.0001}}',
        ],
        'ContainerArguments.$':
          "States.Array(States.Format('--input=model={}', States.Format('s3://store/runs/{}/conversion/convert/model/', $$.Execution.Name)), " +
          "States.Format('--output=report={}', States.Format('s3://store/runs/{}/conversion/verify/report/', $$.Execution.Name)), " +
          "States.Format('--output=metrics={}', States.Format('s3://store/runs/{}/conversion/verify/metrics/', $$.Execution.Name)))",
      },
      Environment: { AWS_REGION: 'eu-central-1' },
      ProcessingResources: {
        ClusterConfig: { InstanceCount: 1, InstanceType: 'ml.r5.xlarge', VolumeSizeInGB: 50 },
      },
      NetworkConfig: { EnableNetworkIsolation: false },
      StoppingCondition: { MaxRuntimeInSeconds: 3600 },
    },
    ResultSelector: { 'Payload.$': 'States.StringToJson($.ExitMessage)' },
  });
});

test('the disk grows with the model', () => {
  const { state } = createJob({ program: 'register', modelSize: Size.gibibytes(20) });
  expect(state.Parameters).toMatchObject({
    ProcessingResources: { ClusterConfig: { VolumeSizeInGB: 86 } },
  });
});

test('long parameters are cut in pieces, and come together again', () => {
  const parameters = { metrics: Array.from({ length: 60 }, (_, index) => `größe-${index} 😀`) };
  const { AppSpecification } = createJob({ parameters }).state.Parameters as {
    AppSpecification: { ContainerEntrypoint: string[] };
  };
  expect(Math.max(...AppSpecification.ContainerEntrypoint.map(({ length }) => length))).toBe(256);
  expect(programEventOf({ AppSpecification })?.parameters).toEqual(parameters);
});

test('parameters that no command has room for are refused', () => {
  expect(() => createJob({ parameters: { text: 'x'.repeat(25_000) } })).toThrow(
    "parameters: have 25011 characters as JSON, more than fit into the 100 words of a job's command [parameters-too-long]",
  );
});

test('a directory that is known before the run is a literal', () => {
  const { state } = createJob({
    inputs: { model: { uri: "s3://store/it's/", prefixes: ["it's/"] } },
    outputs: {},
  });
  expect(state.Parameters).toMatchObject({
    AppSpecification: { 'ContainerArguments.$': "States.Array('--input=model=s3://store/it\\'s/')" },
  });
});

test('register may publish and sign, and is told the key', () => {
  const stack = createStack();
  const signingKey = new Key(stack, 'Sign', {
    keySpec: KeySpec.ECC_NIST_P256,
    keyUsage: KeyUsage.SIGN_VERIFY,
  });
  const job = new ProgramJob(stack, 'Register', {
    program: 'register',
    jobName: 'register',
    image: SERVER,
    store: new ArtifactStore(stack, 'Store'),
    step: 'register',
    parameters: {},
    inputs: {},
    outputs: {},
    data: inRun('data'),
    timeout: Duration.hours(1),
    signingKey,
  });
  expect(flatten(stack.resolve(job.state))).toMatchObject({
    Parameters: {
      AppSpecification: {
        'ContainerArguments.$':
          "States.Array(States.Format('--data={}', States.Format('s3://store/runs/{}/data/', $$.Execution.Name)))",
      },
      Environment: { MODEL_PIPELINE_SIGNING_KEY: 'arn:aws:test:eu-central-1:123456789012:Sign988FF37F' },
    },
  });
  const statements = statementsOf(Template.fromStack(stack));
  const resourcesOf = (action: string) =>
    statements.filter(({ actions }) => actions.includes(action)).flatMap(({ resources }) => resources);
  expect(resourcesOf('kms:Sign')).toHaveLength(1);
  expect(resourcesOf('s3:PutObject').map((resource) => resource.split('/').slice(1).join('/'))).toEqual([
    'models/*',
  ]);
});

const asTriton: PipelineDefinition = {
  ...spamFilter,
  deployment: {
    ...spamFilter.deployment,
    endpoint: { ...spamFilter.deployment.endpoint, runtime: 'triton' },
  },
};

test('a pipeline with a large model says which programs run as jobs, and has no functions for them', () => {
  const stack = createStack();
  new ModelPipeline(stack, 'Pipeline', {
    definition: spamFilter,
    image: SERVER,
    modelSize: Size.gibibytes(6),
  });
  Annotations.fromStack(stack).hasInfo(
    '/Test/Pipeline',
    Match.stringLikeRegexp(
      'with a modelSize of 6144 MiB, convert, verify, register, baseline run as SageMaker processing jobs',
    ),
  );
  const template = Template.fromStack(stack);
  template.resourcePropertiesCountIs(
    'AWS::Lambda::Function',
    { Description: Match.stringLikeRegexp('Runs the program') },
    0,
  );
  expect(machineOf(template).States.register).toMatchObject({
    Type: 'Parallel',
    ResultSelector: { 'version.$': '$[0].Payload.version', 'modelUri.$': '$[0].Payload.modelUri' },
    ResultPath: '$.registered',
    Next: 'register: list in the registry',
  });
});

test('only the programs without room run as jobs', () => {
  const stack = createStack();
  new ModelPipeline(stack, 'Pipeline', {
    definition: spamFilter,
    image: SERVER,
    modelSize: Size.mebibytes(2400),
  });
  Annotations.fromStack(stack).hasInfo(
    '/Test/Pipeline',
    Match.stringLikeRegexp('2400 MiB, convert, verify run as SageMaker processing jobs'),
  );
});

test('a pipeline whose model has room in functions says nothing', () => {
  const stack = createStack();
  new ModelPipeline(stack, 'Pipeline', { definition: spamFilter, image: SERVER });
  Annotations.fromStack(stack).hasNoInfo('*', Match.stringLikeRegexp('processing jobs'));
});

test('a large model that Triton serves needs an image for the programs', () => {
  const create = (programImage?: typeof SERVER) =>
    new ModelPipeline(createStack(), 'Pipeline', {
      definition: asTriton,
      modelSize: Size.gibibytes(6),
      programImage,
    });
  expect(() => create()).toThrow(
    "programImage: is missing: with a modelSize of 6144 MiB, convert, verify, register, baseline run as jobs, in a container of this library's [program-image-missing]",
  );
  expect(create(SERVER).plan.pipeline).toBe('spam-filter');
});

test.each([
  ['AwsSolutions', new AwsSolutionsChecks()],
  ['NIST 800-53 R5', new NIST80053R5Checks()],
])('%s finds nothing in a pipeline with such jobs that has no reason', (_, pack) => {
  const stack = createStack();
  new ModelPipeline(stack, 'Pipeline', {
    definition: spamFilter,
    image: SERVER,
    modelSize: Size.gibibytes(6),
  });
  acknowledgeFindings(stack);
  Stage.of(stack)?.synth();
  const { violations } = pack.validateScope(stack.node.root);
  const found = violations.flatMap(({ ruleName, violatingResources }) =>
    violatingResources.map(({ constructPath = '' }) => `${ruleName} at ${constructPath}`),
  );
  expect(found.filter((finding) => finding.includes('/Steps/'))).toEqual([]);
});

test('a model that no machine has memory for is refused', () => {
  expect(() => createJob({ modelSize: Size.gibibytes(4096) })).toThrow('modelSize');
});
