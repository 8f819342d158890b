import { CreateEndpointConfigInput$ } from '@aws-sdk/client-sagemaker';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import type { Template } from 'aws-cdk-lib/assertions';
import { spamFilter } from '../../examples/spam-filter/pipeline';
import { ModelPipeline, type ModelPipelineProps, type StateMachineDefinition } from '../../lib/aws';
import { IssueError } from '../../lib/issue';
import { type Deployment, type PipelineDefinition, validateDefinition } from '../../lib/pipeline';
import { statementsOf } from './policies';
import { schemaErrors } from '../../lib/aws/rehearsal/sdk-schema';
import { createStack, SERVER, synthPipeline } from './synth';

jest.mock('../../lib/aws/function-bundle', () => jest.requireActual<object>('./stub-bundle'));

const endpoint: Deployment['endpoint'] = {
  mode: 'serverless',
  machine: { memoryGiB: 4 },
  replicas: { min: 2, max: 20 },
};
const definition: PipelineDefinition = { ...spamFilter, deployment: { endpoint } };

function parametersOf({ States }: StateMachineDefinition, state: string): unknown {
  return States[state]?.Parameters;
}

function issuesOf(props: Partial<ModelPipelineProps>, stack = createStack()): string[] {
  try {
    new ModelPipeline(stack, 'Pipeline', { definition, image: SERVER, ...props });
  } catch (error) {
    if (error instanceof IssueError) return error.issues.map(({ path, message }) => `${path}: ${message}`);
    throw error;
  }
  return [];
}

test('a serverless endpoint is a definition without problems', () => {
  expect(validateDefinition(definition)).toEqual([]);
});

describe('the release workflow of a serverless endpoint', () => {
  const { machine, template } = synthPipeline({ definition });

  test('configures memory and concurrency, and no machine, key or capture', () => {
    expect(parametersOf(machine, 'release: create the configuration')).toEqual({
      'EndpointConfigName.$': '$.release.name',
      ProductionVariants: [
        {
          VariantName: 'live',
          'ModelName.$': '$.release.name',
          InitialVariantWeight: 1,
          ServerlessConfig: { MemorySizeInMB: 4096, MaxConcurrency: 20, ProvisionedConcurrency: 2 },
        },
      ],
      Tags: expect.any(Array) as unknown,
    });
  });

  test('asks SageMaker in its own words', () => {
    const parameters = parametersOf(machine, 'release: create the configuration');
    expect(schemaErrors(CreateEndpointConfigInput$, parameters)).toEqual([]);
  });

  test('moves it without guardrails, and registers no scaling', () => {
    expect(parametersOf(machine, 'release: update the endpoint')).not.toHaveProperty('DeploymentConfig');
    expect(Object.keys(machine.States)).not.toContain('release: scale');
  });

  test('may encrypt no disks', () => {
    const grants = (one: Template) =>
      statementsOf(one).filter(({ actions }) => actions.includes('kms:CreateGrant')).length;
    const onMachine: PipelineDefinition = { ...spamFilter, deployment: { endpoint: { machine: {} } } };
    expect(grants(synthPipeline({ definition: onMachine }).template)).toBeGreaterThan(grants(template));
  });
});

test('what a serverless endpoint does not have is refused, all at once', () => {
  const stack = createStack();
  const greedy: PipelineDefinition = {
    ...definition,
    deployment: {
      endpoint: { mode: 'serverless', machine: { accelerator: 't4' }, replicas: { max: 300 } },
      release: { strategy: 'canary', stepPercent: 10 },
    },
    monitoring: { ...spamFilter.monitoring, capture: { samplePercent: 10 } },
  };
  expect(issuesOf({ definition: greedy, network: { vpc: new Vpc(stack, 'Vpc') } }, stack)).toEqual([
    'deployment.endpoint.machine.accelerator: is "t4"; a serverless endpoint has no GPU',
    'deployment.endpoint.machine.memoryGiB: is missing; a serverless endpoint has 1 to 6',
    'deployment.endpoint.replicas.max: is 300; a serverless endpoint has at most 200 requests at a time',
    'deployment.release: is not carried out: SageMaker moves a serverless endpoint all at once, without guardrails',
    'monitoring.capture: is not carried out: SageMaker records no requests of a serverless endpoint',
    'network: is not taken: a serverless endpoint runs in no VPC',
  ]);
});

test('a real-time endpoint scales on what the definition names', () => {
  const { machine } = synthPipeline({
    definition: {
      ...spamFilter,
      deployment: {
        endpoint: {
          machine: { accelerator: 't4', accelerators: 4 },
          runtime: 'triton',
          replicas: { max: 3, gpuPercent: 70 },
        },
      },
    },
    endpointName: 'spam',
  });
  expect(parametersOf(machine, 'release: follow requests')).toMatchObject({
    TargetTrackingScalingPolicyConfiguration: {
      TargetValue: 280,
      CustomizedMetricSpecification: {
        MetricName: 'GPUUtilization',
        Dimensions: [
          { Name: 'EndpointName', Value: 'spam' },
          { Name: 'VariantName', Value: 'live' },
        ],
      },
    },
  });
});
