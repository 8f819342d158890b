import type { PipelineDefinition } from '../definition';
import type { ArtifactSource, JobStep, Stage } from './plan';
import { DATA, job, PREPROCESSING, signatureParameter } from './step';

/** Probability from which a sample counts as positive. */
const DEFAULT_THRESHOLD = 0.5;

/** Measures an ONNX file on the test split: what is measured is what is deployed. */
export function evaluateStep(
  definition: PipelineDefinition,
  id: string,
  stage: Stage,
  onnx: ArtifactSource,
): Omit<JobStep, 'next'> {
  const { evaluate } = definition.training;
  return job(definition, {
    id,
    stage,
    program: 'evaluate',
    parameters: {
      task: evaluate.task,
      threshold: evaluate.threshold ?? DEFAULT_THRESHOLD,
      signature: signatureParameter(definition),
    },
    inputs: { data: DATA, preprocessing: PREPROCESSING, onnx },
    outputs: [],
    options: evaluate,
  });
}
