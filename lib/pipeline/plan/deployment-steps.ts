import type { Json, PipelineDefinition, Release } from '../definition';
import type { ArtifactSource, ReleaseStep } from './plan';
import { servingRuntime } from './serving-runtime';
import { artifactFunction, NOTIFY_FAILURE, output, RESTORE, type UnplacedStep } from './step';

const DEFAULT_EXPIRES_HOURS = 72;
const DEFAULT_WAIT_MINUTES = 5;
const DEFAULT_RELEASE: Release = { strategy: 'all-at-once' };

const VERSION = output('register', 'version');

/** What `register` makes a version of. */
export interface Registrable {
  /** The verified package. */
  readonly model: ArtifactSource;
  /** Weights that a later training may start from, where the package is not them. */
  readonly weights?: ArtifactSource;
  readonly metrics: ArtifactSource;
  /** What goes with a version, beside its files. */
  readonly parameters?: Readonly<Record<string, Json>>;
}

/** register → approve → release. */
export function deploymentSteps(
  definition: PipelineDefinition,
  { model, weights, metrics, parameters }: Registrable,
): UnplacedStep[] {
  const { approval = 'automatic' } = definition.deployment;
  return [
    artifactFunction({
      id: 'register',
      stage: 'deployment',
      program: 'register',
      parameters: { pipeline: definition.name, runtime: servingRuntime(definition), ...parameters },
      inputs: {
        model,
        ...(weights && { weights }),
        report: output('verify', 'report'),
        evaluation: metrics,
      },
      outputs: ['version'],
    }),
    {
      id: 'approve',
      stage: 'deployment',
      kind: 'approval',
      approval:
        approval === 'automatic'
          ? approval
          : {
              approvers: approval.approvers,
              expiresHours: approval.expiresHours ?? DEFAULT_EXPIRES_HOURS,
            },
      inputs: { version: VERSION },
      outputs: [],
      onFailure: NOTIFY_FAILURE,
    },
    { ...releaseStep(definition, 'release'), inputs: { version: VERSION }, onFailure: RESTORE },
  ];
}

/** Puts the last live version back after a release that failed. */
export function restoreStep(definition: PipelineDefinition): UnplacedStep {
  return { ...releaseStep(definition, RESTORE), inputs: {}, onFailure: NOTIFY_FAILURE };
}

function releaseStep(
  { deployment }: PipelineDefinition,
  action: ReleaseStep['action'],
): Omit<ReleaseStep, 'next' | 'inputs' | 'onFailure'> {
  const release = deployment.release ?? DEFAULT_RELEASE;
  return {
    id: action,
    stage: 'deployment',
    kind: 'release',
    action,
    strategy: release.strategy,
    stepPercent: release.strategy === 'all-at-once' ? 100 : release.stepPercent,
    waitMinutes: release.waitMinutes ?? DEFAULT_WAIT_MINUTES,
    outputs: [],
  };
}
