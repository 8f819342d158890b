import { ModelPipeline, type ModelPipelineProps, ServingRuntime } from '../../lib/google';
import { sizeProgram } from '../../lib/google/program-size';
import type { WorkflowStep } from '../../lib/google/workflow/source';
import type { PipelineDefinition } from '../../lib/pipeline';
import { minimal, writer } from '../pipeline/definitions';
import { createStack, PROJECT, resourcesOf, SERVER } from './endpoint-synth';

const onGpu = (definition: PipelineDefinition, endpoint: object = {}): PipelineDefinition => ({
  ...definition,
  deployment: { endpoint: { machine: { accelerator: 'l4' }, ...endpoint } },
});

const triton = onGpu(minimal, { runtime: 'triton' });

function make(definition: PipelineDefinition, props: Partial<ModelPipelineProps> = {}) {
  const { stack, store } = createStack();
  return {
    stack,
    pipeline: new ModelPipeline(stack, 'Pipeline', {
      ...{ definition, project: PROJECT, serverImage: SERVER, store },
      ...props,
    }),
  };
}

function refusal(definition: PipelineDefinition, props: Partial<ModelPipelineProps> = {}): string {
  try {
    make(definition, props);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return 'nothing was wrong';
}

interface Spec {
  readonly args: readonly string[];
  readonly imageUri: string;
}

const specOf = ({ pipeline }: ReturnType<typeof make>) =>
  pipeline.endpoint.register.model.containerSpec as unknown as Spec;

describe('a language model', () => {
  const definition = onGpu(writer, { generation: { sequences: 16, prompts: ['the cat'] } });

  test("is served by Google's vLLM, with the load that its machine was checked for", () => {
    const { args, imageUri } = specOf(make(definition));
    expect(imageUri).toMatch(/^us-docker\.pkg\.dev\/vertex-ai\/.*\/pytorch-vllm-serve:\d{8}_/);
    expect(args).toEqual(
      expect.arrayContaining(['--max-model-len=128', '--max-num-seqs=16', '--tensor-parallel-size=1']),
    );
  });

  test('keeps that load in an image of yours, which is sent prompts', () => {
    const runtime = ServingRuntime.vllm(SERVER, { protocol: 'chat', sequences: 99, gpuMemoryShare: 0.8 });
    const { args, imageUri } = specOf(make(definition, { runtime }));
    expect(imageUri).toContain('/images/serving:1.0.0');
    expect(args).toEqual(expect.arrayContaining(['--max-num-seqs=16', '--gpu-memory-utilization=0.8']));
    expect(make(definition, { runtime }).pipeline.endpoint.register.model.containerSpec.predictRoute).toBe(
      '/v1/completions',
    );
  });

  test('that the GPUs have no memory for is refused, with a machine that serves it', () => {
    const signature = { ...writer.signature, weightsGiB: 30 } as PipelineDefinition['signature'];
    expect(refusal({ ...definition, signature })).toMatch(
      /deployment\.endpoint\.machine: takes 32\.0 GiB of each GPU[^]*of each l4 of g2-standard-4, 18\.9 GiB are used[^]*fix: Take a2-highgpu-1g /,
    );
  });

  test('that is spread over GPUs gets a machine with as many', () => {
    const { pipeline } = make(onGpu(writer, { generation: { tensorParallel: 4 } }));
    expect(pipeline.endpoint.reference).toMatchObject({ machine: { accelerators: 4 } });
  });

  test('is tried with the prompts of its version', () => {
    const step: WorkflowStep = make(definition).pipeline.endpoint.smokeTest.step;
    const { args } = step.args as { args: readonly string[] };
    expect(args[1]).toMatch(/ \+ registered\.path \+ "prompts\.json"\}$/);
    expect(args).toEqual(expect.arrayContaining(['--runtime', 'vllm']));
  });

  test('gives the programs the memory that its weights take', () => {
    const signature = { ...writer.signature, weightsGiB: 14 } as PipelineDefinition['signature'];
    const { stack } = make({ ...definition, signature });
    const jobs = resourcesOf(stack, 'google_cloud_run_v2_job') as { name: string; template: unknown }[];
    const limitsOf = (end: string) => JSON.stringify(jobs.find(({ name }) => name.includes(end))?.template);
    expect(limitsOf('register')).toContain('"memory":"16Gi"');
    expect(limitsOf('verify')).toContain('"memory":"2Gi"');
  });
});

test('a language model that no instance has room for is refused', () => {
  const parameters = { signature: { task: 'text-generation' } };
  expect(sizeProgram({ program: 'register', parameters }, 40_000)).toBeUndefined();
  expect(sizeProgram({ program: 'verify', parameters }, 40_000)).toEqual({ cpu: 2, memoryGiB: 2 });
});

describe('Triton', () => {
  test('has no image of its own to start from', () => {
    expect(refusal(triton)).toContain(
      [
        '  runtime: is missing: NVIDIA publishes Triton outside of Artifact Registry, and Vertex AI serves images of Artifact Registry only [runtime-missing]',
        '    fix: Copy nvcr.io/nvidia/tritonserver into a repository of yours, and pass ServingRuntime.triton(image).',
      ].join('\n'),
    );
  });

  test('reads the model repository of the version, and is asked for its tensors', () => {
    const { pipeline } = make(triton, { runtime: ServingRuntime.triton(SERVER) });
    const { artifactUri, containerSpec } = pipeline.endpoint.register.model;
    expect(artifactUri).toContain('registered.path + "triton/"');
    expect(containerSpec.predictRoute).toBe('/v2/models/digits/infer');
    expect(JSON.stringify(pipeline.endpoint.smokeTest.step)).toContain('"--runtime","triton"');
  });

  test('on Cloud Run reads it from the mounted store', () => {
    const definition = onGpu(triton, { runtime: 'triton', mode: 'serverless', replicas: { max: 2 } });
    const { pipeline } = make(definition, { runtime: ServingRuntime.triton(SERVER) });
    expect(JSON.stringify(pipeline.workflow.source.endpoint_deploy)).toMatch(
      /--model-repository=\$\{[^}]*registered\.path \+ \\"triton\/\\"\}/,
    );
    expect(JSON.stringify(pipeline.endpoint.smokeTest.step)).toContain('/v2/models/digits/infer');
  });
});

test('a runtime that is not the one of the definition is refused', () => {
  expect(refusal(minimal, { runtime: ServingRuntime.triton(SERVER) })).toContain(
    '  runtime: is triton; deployment.endpoint.runtime is onnx [runtime-differs]',
  );
  expect(refusal(onGpu(writer), { runtime: ServingRuntime.onnx(SERVER) })).toContain(
    '  runtime: is onnx; deployment.endpoint.runtime is vllm [runtime-differs]',
  );
  const own = ServingRuntime.container(SERVER, { healthRoute: '/ping', predictRoute: '/predict' });
  expect(refusal(minimal, { runtime: own })).toBe('nothing was wrong');
});
