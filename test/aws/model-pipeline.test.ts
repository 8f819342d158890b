import { Match, Template } from 'aws-cdk-lib/assertions';
import { AccountRootPrincipal, Role } from 'aws-cdk-lib/aws-iam';
import { spamFilter } from '../../examples/spam-filter/pipeline';
import { ContainerImage, ModelPipeline } from '../../lib/aws';
import type { PipelineDefinition } from '../../lib/pipeline';
import { anything, matching, thrownBy } from './matchers';
import { statementsOf } from './policies';
import { createStack, SERVER, type SynthesizedPipeline, synthPipeline } from './synth';

jest.mock('../../lib/aws/function-bundle', () => jest.requireActual<object>('./stub-bundle'));

const everything: PipelineDefinition = {
  ...spamFilter,
  deployment: { ...spamFilter.deployment, approval: { approvers: ['ml@example.com'] } },
  monitoring: {
    ...spamFilter.monitoring,
    notify: ['ops@example.com'],
    resources: { cpuPercent: { warning: 80 }, gpuMemoryPercent: { critical: 90 } },
    capture: { samplePercent: 10 },
  },
};

let synthesized: SynthesizedPipeline;
beforeAll(() => {
  synthesized = synthPipeline({ definition: everything });
});

describe('permissions', () => {
  test('name every action: no wildcard but that of the account over its own keys', () => {
    const wild = statementsOf(synthesized.template)
      .filter(({ actions, effect }) => effect === 'Allow' && actions.some((action) => action.includes('*')))
      .map(({ actions, principal }) => ({ actions, principal }));
    const own = { actions: ['kms:*'], principal: { AWS: 'arn:aws:iam::123456789012:root' } };
    expect(wild).toEqual([own, own]);
  });

  test('name every resource where AWS knows any', () => {
    const anywhere = statementsOf(synthesized.template)
      .filter(({ principal, resources }) => principal === undefined && resources.includes('*'))
      .flatMap(({ actions, condition }) =>
        actions.map((action) => (condition ? `${action}, on a condition` : action)),
      );
    expect([...new Set(anywhere)].sort()).toEqual([
      'cloudwatch:PutMetricData, on a condition',
      'ecr:GetAuthorizationToken',
      'logs:CreateLogDelivery',
      'logs:DeleteLogDelivery',
      'logs:DescribeLogGroups',
      'logs:DescribeResourcePolicies',
      'logs:GetLogDelivery',
      'logs:ListLogDeliveries',
      'logs:PutResourcePolicy',
      'logs:UpdateLogDelivery',
      'xray:GetSamplingRules',
      'xray:GetSamplingTargets',
      'xray:PutTelemetryRecords',
      'xray:PutTraceSegments',
    ]);
  });

  test('are those of one step: no two steps share a role', () => {
    const steps = synthesized.pipeline.plan.steps.filter(({ kind }) =>
      ['job', 'function', 'gate'].includes(kind),
    );
    const passed = JSON.stringify(synthesized.machine).match(/"RoleArn":"[^"]+"/g) ?? [];
    const jobs = steps.filter(({ kind }) => kind === 'job');
    expect(new Set(passed).size).toBe(jobs.length);
    const functions = synthesized.template.findResources('AWS::Lambda::Function');
    const roles = Object.values(functions).map((fn) =>
      JSON.stringify((fn.Properties as { Role: unknown }).Role),
    );
    expect(new Set(roles).size).toBe(roles.length);
  });

  test('let a job read its inputs and write its outputs, of any run, and nothing else of the store', () => {
    const objects = statementsOf(synthesized.template)
      .filter(({ holder }) => holder.includes('StepsEvaluateRole'))
      .flatMap(({ actions, resources }) => actions.map((action) => [action, resources] as const))
      .filter(
        ([action, [resource]]) => /s3:(Get|Put)Object/.test(action) && resource?.includes('StoreBucket'),
      )
      .flatMap(([action, resources]) =>
        resources.map((resource) => `${action} ${resource.split('/').slice(1).join('/')}`),
      );
    expect(objects.sort()).toEqual([
      's3:GetObject runs/*/conversion/export/onnx/*',
      's3:GetObject runs/*/training/preprocess/data/*',
      's3:GetObject runs/*/training/preprocess/preprocessing/*',
      's3:PutObject runs/*/training/evaluate/metrics/*',
    ]);
  });
});

describe('the state machine', () => {
  test('is logged without the data of its runs, traced, and encrypted', () => {
    synthesized.template.hasResourceProperties('AWS::StepFunctions::StateMachine', {
      LoggingConfiguration: { Level: 'ALL', IncludeExecutionData: false },
      TracingConfiguration: { Enabled: true },
      EncryptionConfiguration: { Type: 'CUSTOMER_MANAGED_KMS_KEY' },
    });
  });

  test('may decrypt in its own name only', () => {
    const [statement] = statementsOf(synthesized.template).filter(({ condition }) =>
      JSON.stringify(condition ?? '').includes('stateMachineArn'),
    );
    expect(JSON.stringify(statement?.condition)).toContain(':stateMachine:test-pipeline-');
  });
});

test('approvers may answer the runs of this pipeline alone', () => {
  const stack = createStack();
  const pipeline = new ModelPipeline(stack, 'Pipeline', { definition: everything, image: SERVER });
  pipeline.grantApprove(new Role(stack, 'Approver', { assumedBy: new AccountRootPrincipal() }));
  const statements = statementsOf(Template.fromStack(stack));
  expect(statements.filter(({ actions }) => actions.includes('states:SendTaskSuccess'))).toMatchObject([
    {
      actions: ['states:SendTaskFailure', 'states:SendTaskSuccess'],
      resources: [matching(/PipelineStateMachine[0-9A-F]{8}$/)],
    },
  ]);
});

test('every log is kept for a year, encrypted', () => {
  const logs = Object.values(synthesized.template.findResources('AWS::Logs::LogGroup'));
  expect(logs).toHaveLength(10);
  for (const { Properties } of logs as { Properties: unknown }[]) {
    expect(Properties).toMatchObject({ RetentionInDays: 365, KmsKeyId: anything() });
  }
});

test('people hear of alarms and failed runs, approvers of versions', () => {
  const { template } = synthesized;
  template.resourceCountIs('AWS::SNS::Topic', 2);
  template.hasResourceProperties('AWS::SNS::Subscription', {
    Protocol: 'email',
    Endpoint: 'ops@example.com',
  });
  template.hasResourceProperties('AWS::SNS::Subscription', { Protocol: 'email', Endpoint: 'ml@example.com' });
  template.allResourcesProperties('AWS::CloudWatch::Alarm', {
    AlarmActions: [{ Ref: Match.stringLikeRegexp('NotificationsTopic') }],
  });
});

test('the ids of what must not be replaced stay as they are', () => {
  const { template } = synthesized;
  expect(Object.keys(template.findResources('AWS::S3::Bucket'))).toEqual(['PipelineStoreBucket9A3F5643']);
  expect(Object.keys(template.findResources('AWS::KMS::Key'))).toEqual([
    'PipelineKeyF48EE773',
    'PipelineStoreKeyB6B91842',
  ]);
  expect(Object.keys(template.findResources('AWS::SageMaker::ModelPackageGroup'))).toEqual([
    'PipelineRegistryGroupAA94E62A',
  ]);
  expect(synthesized.pipeline.endpointName).toBe('test-pipeline-9942903c');
  expect(synthesized.pipeline.registry.groupName).toBe('test-pipeline-registry-e2948741');
});

test('the same definition gives the same template, byte for byte', () => {
  const again = synthPipeline({ definition: everything });
  expect(JSON.stringify(again.template.toJSON())).toBe(JSON.stringify(synthesized.template.toJSON()));
});

test('the dashboard has the five stages, in order', () => {
  const { DashboardBody } = Object.values(
    synthesized.template.findResources('AWS::CloudWatch::Dashboard'),
  ).map((resource) => resource.Properties as { DashboardBody: unknown })[0] ?? { DashboardBody: '' };
  const headings = JSON.stringify(DashboardBody).match(/## \w+/g);
  expect(headings).toEqual([
    '## Training',
    '## Optimization',
    '## Conversion',
    '## Deployment',
    '## Monitoring',
  ]);
});

describe('what AWS does not carry out', () => {
  test('is refused, all of it at once', () => {
    const definition: PipelineDefinition = {
      ...spamFilter,
      training: {
        ...spamFilter.training,
        train: { machine: { accelerator: 'a100', memoryGiB: 9000 } },
        tuning: {
          objective: 'f1',
          goal: 'maximize',
          ranges: { epochs: { kind: 'integer', min: 1, max: 9 } },
          trials: 1000,
        },
      },
      deployment: { ...spamFilter.deployment, release: { strategy: 'linear', stepPercent: 5 } },
      conversion: { format: 'tflite' },
    };
    expect(thrownBy(() => synthPipeline({ definition }))).toMatchObject({
      subject: 'definition "spam-filter" on AWS',
      issues: [
        {
          path: 'conversion.format',
          code: 'unsupported-field',
          message: 'is not carried out on AWS: endpoints serve ONNX',
        },
        { path: 'training.train.machine', code: 'machine-memory-too-large' },
        { path: 'training.tuning.trials', code: 'tuning-limit' },
        { path: 'deployment.release.stepPercent', code: 'guardrail-step' },
      ],
    });
  });

  test('includes serving without an image of the server', () => {
    const conversion = { format: 'tflite' } as const;
    expect(() => synthPipeline({ definition: { ...spamFilter, conversion }, image: undefined })).toThrow(
      'definition "spam-filter" on AWS: 2 problems\n' +
        '  conversion.format: is not carried out on AWS: endpoints serve ONNX [unsupported-field]\n' +
        '    fix: Choose another value than "tflite".\n' +
        '  image: is missing: the runtime "onnx" is served by an image in a repository of yours [serving-image-missing]\n' +
        '    fix: Build containers/serving, push it, and pass ContainerImage.fromEcrRepository(repository, tag); or choose the runtime "triton".',
    );
  });
});

test('Triton is served by AWS’ own image', () => {
  const endpoint = { ...spamFilter.deployment.endpoint, runtime: 'triton' } as const;
  const definition = { ...spamFilter, deployment: { ...spamFilter.deployment, endpoint } };
  const { machine } = synthPipeline({ definition, image: undefined });
  expect(JSON.stringify(machine.States['release: create the model'])).toContain(
    '763104351884.dkr.ecr.eu-central-1.amazonaws.com/sagemaker-tritonserver:25.09-py3"',
  );
});

test('other settings of the endpoint give its models another name', () => {
  const nameOf = ({ machine }: SynthesizedPipeline) => JSON.stringify(machine.States.release?.Parameters);
  const image = ContainerImage.fromUri('123456789012.dkr.ecr.eu-central-1.amazonaws.com/server:2.0.0');
  expect(nameOf(synthPipeline())).toBe(nameOf(synthPipeline()));
  expect(nameOf(synthPipeline({ image }))).not.toBe(nameOf(synthPipeline()));
});
