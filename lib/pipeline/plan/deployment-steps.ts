import type { PipelineDefinition, Release } from '../definition';
import type { ReleaseStep } from './plan';
import { artifactFunction, type Candidate, NOTIFY_FAILURE, output, RESTORE, type UnplacedStep } from './step';

const DEFAULT_EXPIRES_HOURS = 72;
const DEFAULT_WAIT_MINUTES = 5;
const DEFAULT_RELEASE: Release = { strategy: 'all-at-once' };

const VERSION = output('register', 'version');

/** register → approve → release. */
export function deploymentSteps(
  definition: PipelineDefinition,
  { metrics, model }: Candidate,
): UnplacedStep[] {
  const { approval = 'automatic', endpoint } = definition.deployment;
  return [
    artifactFunction({
      id: 'register',
      stage: 'deployment',
      program: 'register',
      parameters: { pipeline: definition.name, runtime: endpoint.runtime ?? 'onnx' },
      inputs: {
        model: output('convert', 'model'),
        weights: model,
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
