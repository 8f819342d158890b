import type { PipelineDefinition } from '../definition';
import { conversionSteps } from './conversion-steps';
import { deploymentSteps, restoreStep } from './deployment-steps';
import { baselineStep, notifyFailureStep } from './monitoring-steps';
import { optimizationSteps } from './optimization-steps';
import type { Plan, Step } from './plan';
import { NOTIFY_FAILURE, type UnplacedStep } from './step';
import { trainingSteps } from './training-steps';

/**
 * Compiles a valid definition into its plan: every step, gate, retry and failure edge, decided once
 * for all targets. Pure: the same definition gives the same plan, byte for byte.
 */
export function compile(definition: PipelineDefinition): Plan {
  const trained = trainingSteps(definition);
  const optimized = optimizationSteps(definition, trained.candidate);
  const run = chain([
    ...trained.steps,
    ...optimized.steps,
    ...conversionSteps(definition, optimized.candidate),
    ...deploymentSteps(definition, optimized.candidate),
    baselineStep(optimized.candidate),
  ]);
  const failure: Step[] = [
    { ...restoreStep(definition), next: NOTIFY_FAILURE },
    { ...notifyFailureStep(definition), next: null },
  ];
  return { schemaVersion: 1, pipeline: definition.name, start: 'preprocess', steps: [...run, ...failure] };
}

function chain(steps: readonly UnplacedStep[]): Step[] {
  return steps.map((step, index) => ({ ...step, next: steps[index + 1]?.id ?? null }));
}
