import aslValidator from 'asl-validator';
import { Match, type Template } from 'aws-cdk-lib/assertions';
import { App, Size, Stack } from 'aws-cdk-lib/core';
import { AwsSolutionsChecks, HIPAASecurityChecks, NIST80053R5Checks, PCIDSS321Checks } from 'cdk-nag';
import { acknowledgeFindings, lmiImage, type ModelPipelineProps } from '../../lib/aws';
import type { Endpoint, LanguageModelSignature, PipelineDefinition } from '../../lib/pipeline';
import { writer } from '../pipeline/definitions';
import { containing } from './matchers';
import { statementsOf } from './policies';
import { machineOf, SERVER, synthPipeline } from './synth';

jest.mock('../../lib/aws/function-bundle', () => jest.requireActual<object>('./stub-bundle'));

const ENV = { account: '123456789012', region: 'eu-central-1' };
const LMI = '763104351884.dkr.ecr.eu-central-1.amazonaws.com/djl-inference:0.36.0-lmi18.0.0-cu128';

/** Llama 3.1 8B. */
const LARGE: Partial<LanguageModelSignature> = {
  layers: 32,
  attentionHeads: 32,
  keyValueHeads: 8,
  headSize: 128,
  contextTokens: 8192,
  weightsGiB: 15,
};

function define(
  signature: Partial<LanguageModelSignature> = {},
  endpoint: Partial<Endpoint> = {},
  more: Partial<PipelineDefinition> = {},
): PipelineDefinition {
  return {
    ...writer,
    signature: { ...(writer.signature as LanguageModelSignature), ...signature },
    deployment: { endpoint: { ...writer.deployment.endpoint, ...endpoint } },
    ...more,
  };
}

function synth(definition = define(), props: Partial<ModelPipelineProps> = {}) {
  return synthPipeline({ definition, image: undefined, ...props }, ENV);
}

function parametersOf(template: Template, state: string, part?: string) {
  return machineOf(template, part).States[state]?.Parameters as Record<string, unknown>;
}

const MODEL_DATA = {
  S3DataSource: {
    'S3Uri.$': "States.Format('{}model/', $.registered.modelUri)",
    S3DataType: 'S3Prefix',
    CompressionType: 'None',
  },
};

test.each([
  ['a release', 'release: create the model', undefined],
  ['a rollback', 'rollback: release: create the model', 'Rollback'],
])('%s has LMI serve the files of the version, not an archive', (_, state, part) => {
  const endpoint = {
    generation: { sequences: 4, tensorParallel: 4 },
    machine: { accelerator: 'a10g' },
  } as const;
  const { template } = synth(define(LARGE, endpoint), { programImage: SERVER });
  const { PrimaryContainer } = parametersOf(template, state, part);
  expect(PrimaryContainer).toEqual({
    Image: LMI,
    ModelDataSource: MODEL_DATA,
    Environment: {
      HF_MODEL_ID: '/opt/ml/model',
      HF_HUB_OFFLINE: '1',
      OPTION_TRUST_REMOTE_CODE: 'false',
      OPTION_ROLLING_BATCH: 'disable',
      OPTION_ASYNC_MODE: 'true',
      OPTION_ENTRYPOINT: 'djl_python.lmi_vllm.vllm_async_service',
      OPTION_TENSOR_PARALLEL_DEGREE: '4',
      OPTION_MAX_MODEL_LEN: '8192',
      OPTION_MAX_NUM_SEQS: '4',
      OPTION_MODEL_LOADING_TIMEOUT: '1368',
      OPTION_GPU_MEMORY_UTILIZATION: '0.9',
      SERVING_FAIL_FAST: 'true',
      'MODEL_PIPELINE_DIGEST.$': '$.registered.digest',
    },
  });
});

test('the registry lists the files with the image, the metrics and the report', () => {
  expect(parametersOf(synth().template, 'register: list in the registry')).toMatchObject({
    InferenceSpecification: { Containers: [{ Image: LMI, ModelDataSource: MODEL_DATA }] },
    ModelMetrics: {
      ModelQuality: {
        Statistics: { 'S3Uri.$': "States.Format('{}metrics.json', $.registered.modelUri)" },
        Constraints: { 'S3Uri.$': "States.Format('{}verification.json', $.registered.modelUri)" },
      },
    },
  });
});

test('a model has the time that its size takes to download and to start', () => {
  const { template } = synth(define(LARGE, { machine: { accelerator: 'l40s' } }), { programImage: SERVER });
  expect(parametersOf(template, 'release: create the configuration')).toMatchObject({
    ProductionVariants: [
      {
        VariantName: 'live',
        InstanceType: 'ml.g6e.xlarge',
        ModelDataDownloadTimeoutInSeconds: 1368,
        ContainerStartupHealthCheckTimeoutInSeconds: 1368,
      },
    ],
  });
});

test('the smoke test is told the version, whose prompts it sends', () => {
  const { template } = synth();
  expect(parametersOf(template, 'release: smoke test').Payload).toEqual({
    endpointName: containing('pipeline'),
    runtime: 'vllm',
    tolerance: {},
    'version.$': '$.registered.modelUri',
  });
});

test('requests are recorded, the endpoint scales, and alarms turn a release back', () => {
  const definition = define(
    {},
    { replicas: { min: 1, max: 3, concurrentRequests: 8 } },
    {
      monitoring: {
        ...writer.monitoring,
        capture: { samplePercent: 5 },
        performance: { latencyP99Ms: { critical: 30_000 }, errorPercent: { critical: 1 } },
        resources: { gpuMemoryPercent: { warning: 95 } },
      },
    },
  );
  const { template } = synth(definition);
  expect(parametersOf(template, 'release: create the configuration')).toMatchObject({
    DataCaptureConfig: { EnableCapture: true, InitialSamplingPercentage: 5 },
  });
  expect(parametersOf(template, 'release: update the endpoint')).toMatchObject({
    DeploymentConfig: { AutoRollbackConfiguration: { Alarms: [{}, {}] } },
  });
  expect(Object.keys(machineOf(template).States)).toContain('release: follow requests');
  template.hasResourceProperties('AWS::CloudWatch::Alarm', {
    Threshold: 95,
    Metrics: Match.arrayWith([
      Match.objectLike({ MetricStat: { Metric: { MetricName: 'GPUMemoryUtilization' } } }),
    ]),
  });
});

describe('the machine', () => {
  const machineName = (template: Template) => {
    const { ProductionVariants } = parametersOf(template, 'release: create the configuration');
    return (ProductionVariants as { InstanceType: string }[])[0]?.InstanceType;
  };

  test('is the smallest of those asked for that has the memory', () => {
    expect(machineName(synth().template)).toBe('ml.g5.xlarge');
    const spread = define(LARGE, { generation: { tensorParallel: 4 } });
    expect(machineName(synth(spread, { programImage: SERVER }).template)).toBe('ml.g5.12xlarge');
    const larger = define(LARGE, { machine: { accelerator: 'l40s', memoryGiB: 64 } });
    expect(machineName(synth(larger, { programImage: SERVER }).template)).toBe('ml.g6e.2xlarge');
  });

  test('without the memory is refused with one that has it, together with all else that is wrong', () => {
    const create = () => synth(define(LARGE), { endpointName: 'no good', modelSize: Size.mebibytes(100) });
    expect(create).toThrow(
      'definition "writer" on AWS: 2 problems\n' +
        '  deployment.endpoint.machine: takes 25.0 GiB of each GPU (15.0 GiB of weights, 8.0 GiB of cache for 8 × 8192 tokens, 2.0 GiB besides); of each a10g of ml.g5.xlarge, 18.9 GiB are used [language-model-does-not-fit]\n' +
        '    fix: Take ml.g6e.xlarge (1 × l40s) with tensorParallel 1, or allow fewer sequences or tokens.\n' +
        '  endpointName: is "no good" [name-invalid]\n',
    );
  });

  test('has the GPUs of one copy, where there is one with so many', () => {
    const spread = define(LARGE, {
      generation: { tensorParallel: 2 },
      machine: { accelerator: 'l40s', accelerators: 1, memoryGiB: 1 },
    });
    expect(machineName(synth(spread, { programImage: SERVER }).template)).toBe('ml.g6e.12xlarge');
    const wide = define({ attentionHeads: 16, keyValueHeads: 16 }, { generation: { tensorParallel: 16 } });
    expect(() => synth(wide)).toThrow(
      'deployment.endpoint.machine: asks for 16 a10g; SageMaker has at most 8 on a machine for endpoints (ml.g5.48xlarge) [machine-accelerators-too-many]',
    );
  });

  test('with GPUs that the heads do not spread over is refused', () => {
    expect(() => synth(define({}, { generation: { tensorParallel: 3 } }))).toThrow(
      'deployment.endpoint.machine: 4 attention heads, 4 of them with keys and values, do not spread evenly over 3 GPUs [tensor-parallel]',
    );
  });
});

describe('what verifies and registers', () => {
  const sizes = (template: Template) =>
    Object.values(template.findResources('AWS::Lambda::Function'))
      .map(
        ({ Properties }) =>
          Properties as { Description?: string; MemorySize: number; EphemeralStorage: object },
      )
      .filter(({ Description }) => Description?.startsWith('Runs the program'))
      .map(({ Description, MemorySize, EphemeralStorage }) => [Description, MemorySize, EphemeralStorage]);

  test('are functions where the weights have room, by the size that is declared', () => {
    const definition = define({ weightsGiB: 4 }, { machine: { accelerator: 'a10g' } });
    expect(sizes(synth(definition).template)).toEqual([
      ['Runs the program "verify" in the step "verify"', 3072, { Size: 4608 }],
      ['Runs the program "register" in the step "register"', 3072, { Size: 8704 }],
    ]);
    expect(sizes(synth().template).map(([, memory]) => memory)).toEqual([1769, 1769]);
  });

  test('are jobs where they have none, on machines that need not hold the model in memory', () => {
    const { template } = synth(define(LARGE, { machine: { accelerator: 'l40s' } }), { programImage: SERVER });
    expect(sizes(template)).toEqual([]);
    const job = (step: string) => {
      const [branch] = machineOf(template).States[step]?.Branches as { States: object }[];
      return JSON.stringify(branch?.States);
    };
    expect(job('verify')).toContain('"InstanceType":"ml.c7i.large","VolumeSizeInGB":50');
    expect(job('register')).toContain('"VolumeSizeInGB":50');
    expect(job('train')).toContain('"VolumeSizeInGB":75');
    expect(job('evaluate')).toContain('"VolumeSizeInGB":75');
  });

  test('as jobs need an image with this library, which LMI is not', () => {
    const large = define(LARGE, { machine: { accelerator: 'l40s' } });
    expect(() => synth(large, { image: lmiImage('17') })).toThrow(
      "programImage: is missing: with a modelSize of 15360 MiB, verify, register run as jobs, in a container of this library's [program-image-missing]",
    );
    expect(sizes(synth(large, { modelSize: Size.gibibytes(4) }).template)).toHaveLength(2);
  });
});

test('the image may be another one', () => {
  const { template } = synth(define(), { image: lmiImage('17') });
  expect(parametersOf(template, 'release: create the model')).toMatchObject({
    PrimaryContainer: { Image: containing('/djl-inference:0.35.0-lmi17.0.0-cu128') },
  });
});

test('the endpoint reads versions, and writes nothing', () => {
  const objects = statementsOf(synth().template).filter(
    ({ actions, holder }) =>
      holder.startsWith('PipelineEndpointRole') && actions.some((action) => action.startsWith('s3:')),
  );
  expect(objects.flatMap(({ actions }) => actions)).toEqual(['s3:ListBucket', 's3:GetObject']);
  expect(objects.flatMap(({ resources }) => resources)).toContainEqual(containing('/models/*'));
});

test('cdk-nag finds nothing that has no reason', () => {
  const { pipeline } = synth();
  const stack = Stack.of(pipeline);
  acknowledgeFindings(stack);
  const app = App.of(stack) as App;
  app.synth({ force: true });
  const found = [
    new AwsSolutionsChecks(),
    new NIST80053R5Checks(),
    new HIPAASecurityChecks(),
    new PCIDSS321Checks(),
  ].flatMap((pack) =>
    pack
      .validateScope(app)
      .violations.map(({ ruleName, violatingResources }) => [
        ruleName,
        ...violatingResources.map(({ constructPath }) => constructPath),
      ]),
  );
  expect(found).toEqual([]);
});

test.each([
  ['the pipeline', undefined],
  ['its rollback', 'Rollback'],
])('%s is valid Amazon States Language', (_, part) => {
  const { errorsText, isValid } = aslValidator(machineOf(synth().template, part));
  expect(errorsText('')).toBe('');
  expect(isValid).toBe(true);
});
