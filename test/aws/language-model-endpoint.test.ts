import { Match, Template } from 'aws-cdk-lib/assertions';
import { VerifiedLanguageModel } from '../../lib/artifact';
import { LanguageModel } from '../../lib/artifact/language-model/language-model';
import {
  ArtifactStore,
  ContainerImage,
  findMachine,
  Hosting,
  lmiImage,
  ModelEndpoint,
  type ModelEndpointProps,
  ServedLanguageModel,
  type ServedLanguageModelProps,
} from '../../lib/aws';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { verifiedFiles } from '../artifact/verified-files';
import { type TinyTensor, writeTinyLlama } from '../artifact/write-tiny-llama';
import { registeredModel } from '../program/language-model';
import { statementsOf } from './policies';
import { createStack, SERVER } from './synth';

const MODEL = 'AWS::SageMaker::Model';
const PERFORMANCE = { latencyP99Ms: { critical: 30_000 }, errorPercent: { critical: 1 } };

let model: VerifiedLanguageModel;
/** As large as Llama 3.1 8B, but for the weights, which no test needs to have. */
let large: VerifiedLanguageModel;

beforeAll(async () => {
  model = await verifiedFiles(writeTinyLlama());
  const tensor: TinyTensor = { dtype: 'BF16', shape: [1] };
  const layers = Array.from({ length: 32 }, (_, layer) => [`model.layers.${layer}.norm.weight`, tensor]);
  large = await verifiedFiles(
    writeTinyLlama({
      config: {
        architectures: ['GraniteForCausalLM'],
        num_hidden_layers: 32,
        num_attention_heads: 32,
        num_key_value_heads: 8,
        hidden_size: 4096,
        max_position_embeddings: 131072,
      },
      tensors: Object.fromEntries(layers) as Record<string, TinyTensor>,
    }),
  );
  Object.defineProperty(large.model, 'weights', {
    value: { ...large.model.weights, bytes: 14.96 * 2 ** 30 },
  });
});

function synth(
  served: Partial<ServedLanguageModelProps> = {},
  props: Partial<ModelEndpointProps> = {},
  stack = createStack({ account: '123456789012', region: 'eu-central-1' }),
) {
  const store = new ArtifactStore(stack, 'Store');
  const artifact = new ServedLanguageModel({ model, store, ...served });
  const endpoint = new ModelEndpoint(stack, 'Chat', {
    endpointName: 'chat',
    artifact,
    performance: PERFORMANCE,
    ...props,
  });
  return {
    artifact,
    endpoint,
    stack,
    get template() {
      return Template.fromStack(stack);
    },
  };
}

test('is served by vLLM from files in the store, under their digest', () => {
  const { template } = synth({ contextTokens: 1024, sequences: 16 });
  template.hasResource(MODEL, {
    Metadata: { digest: `sha256:${model.model.digest}` },
    Properties: {
      PrimaryContainer: {
        Image: {
          'Fn::Join': [
            '',
            ['763104351884.dkr.ecr.eu-central-1.', Match.anyValue(), '/djl-inference:0.36.0-lmi18.0.0-cu128'],
          ],
        },
        ModelDataUrl: Match.absent(),
        ModelDataSource: {
          S3DataSource: {
            S3Uri: { 'Fn::Join': ['', ['s3://', Match.anyValue(), `/models/${model.version}/`]] },
            S3DataType: 'S3Prefix',
            CompressionType: 'None',
          },
        },
        Environment: {
          HF_MODEL_ID: '/opt/ml/model',
          HF_HUB_OFFLINE: '1',
          OPTION_TRUST_REMOTE_CODE: 'false',
          OPTION_TENSOR_PARALLEL_DEGREE: '1',
          OPTION_MAX_MODEL_LEN: '1024',
          OPTION_MAX_NUM_SEQS: '16',
          OPTION_MODEL_LOADING_TIMEOUT: '601',
          OPTION_GPU_MEMORY_UTILIZATION: '0.9',
          MODEL_PIPELINE_DIGEST: model.model.digest,
        },
      },
      Tags: Match.arrayWith([{ Key: 'model-pipeline:version', Value: model.version }]),
    },
  });
});

test('reads its own files, and no other version', () => {
  const read = statementsOf(synth().template).filter(({ actions }) => actions.includes('s3:GetObject'));
  expect(read.flatMap(({ resources }) => resources)).toEqual([
    expect.stringMatching(new RegExp(`/models/${model.version}/\\*$`)),
  ]);
});

test('gets the smallest machine that has the memory', () => {
  expect(synth().endpoint.machine?.name).toBe('ml.g4dn.xlarge');
  const { endpoint } = synth({ model: large, contextTokens: 8192, sequences: 16 });
  expect(endpoint.machine?.name).toBe('ml.g6e.xlarge');
});

test('is spread over the GPUs of one machine, with the time its size takes to start', () => {
  const { endpoint, template } = synth({
    model: large,
    contextTokens: 32768,
    sequences: 8,
    tensorParallel: 4,
  });
  expect(endpoint.machine?.name).toBe('ml.g5.12xlarge');
  template.hasResourceProperties(MODEL, {
    PrimaryContainer: { Environment: { OPTION_TENSOR_PARALLEL_DEGREE: '4' } },
  });
});

test('takes as many GPUs per copy as it is spread over', () => {
  const { template } = synth(
    { tensorParallel: 2 },
    {
      hosting: Hosting.components(),
      machine: findMachine('ml.g5.48xlarge', 'aws'),
      replicas: { min: 0, max: 8, concurrentRequests: 8 },
    },
  );
  template.hasResourceProperties('AWS::SageMaker::InferenceComponent', {
    Specification: {
      ComputeResourceRequirements: { NumberOfAcceleratorDevicesRequired: 2, MinMemoryRequiredInMb: 157286 },
    },
  });
  template.hasResourceProperties('AWS::SageMaker::EndpointConfig', {
    ProductionVariants: [{ ManagedInstanceScaling: { MaxInstanceCount: 2 } }],
  });
});

test('a machine without the memory is refused, with one that has it', () => {
  expect(() =>
    synth(
      { model: large, contextTokens: 8192, sequences: 4 },
      { machine: findMachine('ml.g5.xlarge', 'aws') },
    ),
  ).toThrow(
    'endpoint "Test/Chat": 1 problem\n' +
      '  machine: takes 21.0 GiB of each GPU (15.0 GiB of weights, 4.0 GiB of cache for 4 × 8192 tokens, 2.0 GiB besides); of each a10g of ml.g5.xlarge, 18.9 GiB are used [language-model-does-not-fit]\n' +
      '    fix: Take ml.g6e.xlarge (1 × l40s) with tensorParallel 1, or allow fewer sequences or tokens.',
  );
});

test('where no machine has the memory, the smallest of all is refused', () => {
  expect(() => synth({ model: large, sequences: 1000 })).toThrow(
    /fix: Allow fewer sequences or tokens, or quantise the model/,
  );
});

test('a degree that does not divide the heads is refused', () => {
  expect(() => synth({ tensorParallel: 3 }, { machine: findMachine('ml.g5.12xlarge', 'aws') })).toThrow(
    '4 attention heads, 2 of them with keys and values, do not spread evenly over 3 GPUs [tensor-parallel]',
  );
});

test('numbers that vLLM does not take are refused, all at once', () => {
  expect(() => synth({ contextTokens: 4096, sequences: 0, tensorParallel: 1.5 })).toThrow(
    `language model ${model.version}: 3 problems\n` +
      '  sequences: is 0, wanted a whole number from 1 [language-model-load]\n' +
      '    fix: Correct the number.\n' +
      '  tensorParallel: is 1.5, wanted a whole number from 1 [language-model-load]\n' +
      '    fix: Correct the number.\n' +
      '  contextTokens: is 4096; the model was made for 2048 tokens [language-model-load]\n' +
      '    fix: Choose at most 2048.',
  );
});

test('has no place on a serverless endpoint', () => {
  expect(() => synth({}, { hosting: Hosting.serverless({ memoryGiB: 6, maxConcurrency: 5 }) })).toThrow(
    'artifact: needs a GPU [serverless-language-model]',
  );
});

test('answers are streamed to whom may send requests', () => {
  const { endpoint, stack } = synth();
  const role = new Role(stack, 'Caller', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
  endpoint.grantInvoke(role);
  const actions = statementsOf(Template.fromStack(stack)).flatMap((statement) => statement.actions);
  expect(actions).toContain('sagemaker:InvokeEndpointWithResponseStream');
});

test('a model that nobody verified is refused, with the command that mends it', () => {
  const unverified = LanguageModel.fromDirectory(writeTinyLlama());
  expect(() => synth({ model: unverified as unknown as VerifiedLanguageModel })).toThrow(
    'language model: 1 problem\n' +
      '  model: is not a verified language model [language-model-not-verified]\n' +
      '    fix: Verify the files with `model-pipeline verify <directory> --report <file>`, and pass VerifiedLanguageModel.fromFiles(directory, file).',
  );
});

test('its files are uploaded to where it reads them', () => {
  const { artifact, stack } = synth();
  const command = stack.resolve(artifact.uploadCommand) as { 'Fn::Join': [string, unknown[]] };
  expect(command['Fn::Join'][1]).toEqual([
    `aws s3 sync ${model.directory} s3://`,
    expect.anything(),
    `/models/${model.version}/ --exclude ".*"`,
  ]);
});

describe('a registered version', () => {
  let version: VerifiedLanguageModel;
  beforeAll(async () => {
    version = VerifiedLanguageModel.fromDirectory(await registeredModel());
  });

  test('is served from where the pipeline put it, with as many tokens as its signature declares', () => {
    const { template } = synth({ model: version });
    template.hasResource(MODEL, {
      Metadata: { digest: `sha256:${version.model.digest}` },
      Properties: {
        PrimaryContainer: {
          ModelDataSource: {
            S3DataSource: {
              S3Uri: { 'Fn::Join': ['', ['s3://', Match.anyValue(), `/models/${version.version}/model/`]] },
            },
          },
          Environment: { OPTION_MAX_MODEL_LEN: '2048', MODEL_PIPELINE_DIGEST: version.model.digest },
        },
        Tags: Match.arrayWith([{ Key: 'model-pipeline:version', Value: version.version }]),
      },
    });
    const read = statementsOf(template).filter(({ actions }) => actions.includes('s3:GetObject'));
    expect(read.flatMap(({ resources }) => resources)).toEqual([
      expect.stringMatching(new RegExp(`/models/${version.version}/model/\\*$`)),
    ]);
  });

  test('is uploaded as a whole', () => {
    const { artifact, stack } = synth({ model: version });
    const command = stack.resolve(artifact.uploadCommand) as { 'Fn::Join': [string, unknown[]] };
    expect(command['Fn::Join'][1]).toEqual([
      `aws s3 sync ${version.directory} s3://`,
      expect.anything(),
      `/models/${version.version}/ --exclude ".*"`,
    ]);
  });

  test('is told by its id where a number is wrong', () => {
    expect(() => synth({ model: version, contextTokens: 4096 })).toThrow(
      `language model ${version.version}: 1 problem\n` +
        '  contextTokens: is 4096; the model was made for 2048 tokens [language-model-load]',
    );
  });
});

describe('the image', () => {
  const image = (container: ContainerImage, region = 'eu-central-1') => {
    const { template } = synth({}, { image: container }, createStack({ account: '123456789012', region }));
    return JSON.stringify(Object.values(template.findResources(MODEL)));
  };

  test('is another version of LMI, or one of your own', () => {
    expect(image(lmiImage('15'))).toContain('/djl-inference:0.33.0-lmi15.0.0-cu128');
    expect(image(SERVER)).toContain('/server:1.0.0');
  });

  test('is refused in a region that AWS does not publish it in', () => {
    expect(() => image(lmiImage(), 'eu-south-2')).toThrow(
      'AWS publishes no djl-inference image in eu-south-2 [image-region]',
    );
  });
});
