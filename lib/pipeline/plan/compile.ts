import { isLanguageModel, type PipelineDefinition } from '../definition';
import { conversionSteps } from './conversion-steps';
import { deploymentSteps, restoreStep } from './deployment-steps';
import { languageModelSteps } from './language-model-steps';
import { baselineStep, notifyFailureStep } from './monitoring-steps';
import { optimizationSteps } from './optimization-steps';
import type { Plan, Step } from './plan';
import { NOTIFY_FAILURE, output, type UnplacedStep } from './step';
import { trainingSteps } from './training-steps';

/**
 * Compiles a valid definition into its plan: every step, gate, retry and failure edge, decided once
 * for all targets. Pure: the same definition gives the same plan, byte for byte.
 */
export function compile(definition: PipelineDefinition): Plan {
  const steps = isLanguageModel(definition.signature) ? languageModelSteps : tensorModelSteps;
  const failure: Step[] = [
    { ...restoreStep(definition), next: NOTIFY_FAILURE },
    { ...notifyFailureStep(definition), next: null },
  ];
  return {
    schemaVersion: 1,
    pipeline: definition.name,
    start: 'preprocess',
    steps: [...chain(steps(definition)), ...failure],
  };
}

function tensorModelSteps(definition: PipelineDefinition): UnplacedStep[] {
  const trained = trainingSteps(definition);
  const { candidate, steps } = optimizationSteps(definition, trained.candidate);
  const { metrics, model: weights } = candidate;
  return [
    ...trained.steps,
    ...steps,
    ...conversionSteps(definition, candidate),
    ...deploymentSteps(definition, { model: output('convert', 'model'), weights, metrics }),
    baselineStep(candidate),
  ];
}

function chain(steps: readonly UnplacedStep[]): Step[] {
  return steps.map((step, index) => ({ ...step, next: steps[index + 1]?.id ?? null }));
}
