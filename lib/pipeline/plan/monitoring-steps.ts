import type { PipelineDefinition } from '../definition';
import { artifactFunction, NOTIFY_FAILURE, output, type UnplacedStep } from './step';

/** Records what the released model answers: what drift and latency are later compared with. */
export function baselineStep(): UnplacedStep {
  return artifactFunction({
    id: 'baseline',
    stage: 'monitoring',
    program: 'baseline',
    parameters: {},
    inputs: { version: output('register', 'version') },
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
