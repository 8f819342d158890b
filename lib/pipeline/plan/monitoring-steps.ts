import type { Drift, PipelineDefinition } from '../definition';
import type { ArtifactSource, JobStep } from './plan';
import { artifactFunction, type Candidate, job, NOTIFY_FAILURE, output, type UnplacedStep } from './step';

/** Hours between two checks, and hours of requests that one looks at. */
export const DEFAULT_DRIFT_HOURS = 24;
/** Where drift is spoken of in credit scoring, which the index comes from. */
const DEFAULT_POPULATION_STABILITY = { warning: 0.1, critical: 0.25 };
/** Below, chance alone moves 10 bins by more than a warning. */
const MIN_DRIFT_SAMPLES = 200;

/** Records what the released model answers: what drift and latency are later compared with. */
export function baselineStep({ metrics }: Pick<Candidate, 'metrics'>): UnplacedStep {
  return artifactFunction({
    id: 'baseline',
    stage: 'monitoring',
    program: 'baseline',
    parameters: {},
    inputs: { version: output('register', 'version'), evaluation: metrics },
    outputs: ['baseline'],
  });
}

export function notifyFailureStep({ monitoring }: PipelineDefinition): UnplacedStep {
  return {
    id: NOTIFY_FAILURE,
    stage: 'monitoring',
    kind: 'notify',
    event: 'failed',
    recipients: monitoring.notify ?? [],
    inputs: {},
    outputs: [],
    onFailure: null,
  };
}

/**
 * The check for drift, which runs between two runs of the plan and is no part of it.
 *
 * @param inputs what was captured; the baseline and the preprocessing of the version that serves
 */
export function driftStep(
  definition: PipelineDefinition,
  inputs: Readonly<Record<'capture' | 'baseline' | 'preprocessing', ArtifactSource>>,
): JobStep {
  const { everyHours = DEFAULT_DRIFT_HOURS } = definition.monitoring.drift ?? {};
  const draft = job(definition, {
    id: 'drift',
    stage: 'monitoring',
    program: 'drift',
    parameters: {
      hours: everyHours,
      minSamples: MIN_DRIFT_SAMPLES,
      populationStability: { ...driftLevels(definition.monitoring.drift) },
    },
    inputs,
    outputs: ['report'],
  });
  return { ...draft, next: null, onFailure: null };
}

/** Index from which a distribution counts as drifted. */
export function driftLevels({ populationStability }: Drift = {}) {
  return populationStability ?? DEFAULT_POPULATION_STABILITY;
}

/** Labelled samples that came back: every run prepares its data with all of them. */
export function feedbackSource({ name }: PipelineDefinition): ArtifactSource {
  return { from: 'store', prefix: `feedback/${name}/`, optional: true };
}
