import { spamFilter } from '../../examples/spam-filter/pipeline';
import { ModelPipeline } from '../../lib/google';
import { RequestTypes } from '../../lib/google/rehearsal/request-check';
import type { WorkflowStep } from '../../lib/google/workflow/source';
import type { PipelineDefinition } from '../../lib/pipeline';
import { createStack, PROJECT, type Resource, resourcesOf, SERVER } from './endpoint-synth';

function synth(definition: PipelineDefinition) {
  const { stack } = createStack();
  const { workflow } = new ModelPipeline(stack, 'Spam', {
    definition,
    project: PROJECT,
    serverImage: SERVER,
  });
  const jobs = resourcesOf(stack, 'google_cloud_run_v2_job');
  return { steps: workflow.source.main?.steps ?? [], jobs };
}

/** Machine and image of a job of Cloud Run, by the end of its name. */
function cloudRunJob(jobs: readonly Resource[], name: string) {
  const job = jobs.find((each) => String(each.name).endsWith(name));
  const { template } = job?.template as {
    template: { containers: { image: string; resources: Resource }[] };
  };
  return template.containers[0];
}

/** The custom jobs that a step creates, one for each of its machines. */
function customJobs(steps: readonly Readonly<Record<string, WorkflowStep>>[], name: string): object[] {
  const step = steps.find((each) => name in each)?.[name];
  return (step?.try?.steps ?? []).flatMap((each) =>
    Object.values(each).flatMap(({ args }) => (args as { body?: object } | undefined)?.body ?? []),
  );
}

const gate = { f1: { maxLoss: 0.01 } };

test('models are pruned in a job of Cloud Run, and distilled in one of Vertex AI, on their machines', () => {
  const { steps, jobs } = synth({
    ...spamFilter,
    optimization: { prune: { sparsity: 0.5, gate, machine: { memoryGiB: 16 } } },
  });
  expect(cloudRunJob(jobs, '-prune-job')).toMatchObject({
    image: 'pytorch/pytorch:2.9.0-cuda12.8-cudnn9-runtime',
    resources: { limits: { cpu: '4', memory: '16Gi' } },
  });
  expect(customJobs(steps, 'prune')).toEqual([]);

  const distilled = synth({
    ...spamFilter,
    optimization: {
      distill: { entry: 'student.py', gate, machine: { accelerator: 'l4' }, timeoutMinutes: 90 },
    },
  });
  const [body, ...others] = customJobs(distilled.steps, 'distill');
  expect(others).toEqual([]);
  const types = RequestTypes.of('@google-cloud/aiplatform');
  expect(types.check('google.cloud.aiplatform.v1.CustomJob', body)).toEqual([]);
  expect(body).toMatchObject({
    labels: { step: 'distill' },
    jobSpec: {
      scheduling: { timeout: '5400s' },
      workerPoolSpecs: [{ machineSpec: { machineType: 'g2-standard-4', acceleratorType: 'NVIDIA_L4' } }],
    },
  });
});

test('every job of a model of TensorFlow runs in its image', () => {
  const { steps, jobs } = synth({
    ...spamFilter,
    training: { ...spamFilter.training, framework: 'tensorflow' },
  });
  const image = 'tensorflow/tensorflow:2.19.0-gpu';
  const images = jobs.map(({ name }) => cloudRunJob(jobs, String(name))?.image ?? '');
  const own = images.filter((each) => !each.includes('/images/serving'));
  expect([...new Set(own)]).toEqual([image]);
  expect(customJobs(steps, 'train')).toMatchObject([
    { jobSpec: { workerPoolSpecs: [{ containerSpec: { imageUri: image } }] } },
  ]);
});
