import type { Json, PipelineDefinition } from '../definition';
import { deploymentSteps } from './deployment-steps';
import type { ArtifactSource, JobStep } from './plan';
import { artifactFunction, DATA, job, output, signatureParameter, type UnplacedStep } from './step';
import { preprocessStep, qualityGate, trainStep } from './training-steps';

const DEFAULT_PROMPTS = ['Hello'];
const DEFAULT_PROMPT_TOKENS = 16;

/**
 * preprocess → train (or tune) → evaluate → gate → verify → register → approve → release: the model goes
 * from training to the endpoint in the format it was trained in.
 */
export function languageModelSteps(definition: PipelineDefinition): UnplacedStep[] {
  const trained = trainStep(definition);
  const model = output(trained.id, 'model');
  const metrics = output('evaluate', 'metrics');
  const signature = signatureParameter(definition);
  return [
    preprocessStep(definition),
    trained,
    evaluateStep(definition, model),
    qualityGate(definition, metrics),
    artifactFunction({
      id: 'verify',
      stage: 'conversion',
      program: 'verify',
      parameters: { signature },
      inputs: { model },
      outputs: ['report'],
    }),
    ...deploymentSteps(definition, {
      model,
      metrics,
      parameters: { signature, ...promptParameters(definition) },
    }),
  ];
}

/** Measures the model by the user's own `evaluate`. */
function evaluateStep(definition: PipelineDefinition, model: ArtifactSource): Omit<JobStep, 'next'> {
  const { evaluate } = definition.training;
  const { entry = 'evaluate.py', parameters = {}, task } = evaluate;
  return job(definition, {
    id: 'evaluate',
    stage: 'training',
    program: 'evaluate',
    parameters: { task, entry, parameters },
    inputs: { data: DATA, model },
    outputs: [],
    options: evaluate,
  });
}

/** What the version is tried with wherever it is released. */
function promptParameters({ deployment }: PipelineDefinition): Readonly<Record<string, Json>> {
  const { prompts = DEFAULT_PROMPTS, promptTokens = DEFAULT_PROMPT_TOKENS } =
    deployment.endpoint.generation ?? {};
  return { prompts, promptTokens };
}
