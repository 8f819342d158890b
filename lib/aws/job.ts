import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import { ArnFormat, type Duration, Stack } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import type { AwsMachine } from '../hardware';
import type { MachineRequest } from '../pipeline';
import type { IArtifactStore } from './artifact-store';
import type { ContainerImage } from './container-image';
import type { JobCode } from './job-code';
import type { NetworkProps } from './network';
import { shortName } from '../names';
import type { StoreLocations } from './store-location';

/** What processing and training jobs have in common. */
export interface JobProps {
  /** Names of its jobs begin with this: a–z, 0–9 and `-`. */
  readonly jobName: string;
  readonly store: IArtifactStore;
  readonly code: JobCode;
  /** The plan's step that the code carries out. */
  readonly step: string;
  /** Runs `python3` 3.11 or later, and has the framework. */
  readonly image: ContainerImage;
  /** What the job needs, or the machine itself. */
  readonly machine: MachineRequest | AwsMachine;
  /** Directories by the name the program knows them by. */
  readonly inputs: StoreLocations;
  /** The job is stopped, and fails, after this time on its machine. */
  readonly timeout: Duration;
  /** Size of the machine's disk, in GiB. @default 50 */
  readonly volumeGiB?: number;
  /** @default - a network of SageMaker's */
  readonly network?: NetworkProps;
}

export const DEFAULT_VOLUME_GIB = 50;

/** Waiting for a machine and starting it, beyond the time the job may run. */
const START_SECONDS = 3600;

/** Room for a dash and what makes the name of each job its own. */
const MAX_JOB_NAME = 50;

export function jobNamePrefix(jobName: string): string {
  return shortName(jobName, MAX_JOB_NAME);
}

/** A name no other job has: each try of a step gets another. */
export function uniqueJobName(prefix: string): string {
  return `States.Format('${prefix}-{}', States.ArrayGetItem(States.StringSplit(States.UUID(), '-'), 4))`;
}

export function stateTimeoutSeconds(seconds: number): number {
  return seconds + START_SECONDS;
}

/** By the word in the names of their actions. */
const KINDS = {
  Processing: { resource: 'processing-job', events: 'Processing' },
  Training: { resource: 'training-job', events: 'Training' },
  HyperParameterTuning: { resource: 'hyper-parameter-tuning-job', events: 'Tuning' },
} as const;

/** Lets `grantee` run jobs of one kind and wait for them, as Step Functions does. */
export function grantJobs(
  scope: Construct,
  grantee: IGrantable,
  kind: keyof typeof KINDS,
  namePrefix: string,
): void {
  const stack = Stack.of(scope);
  Grant.addToPrincipal({
    grantee,
    actions: [
      'sagemaker:AddTags',
      `sagemaker:Create${kind}Job`,
      `sagemaker:Describe${kind}Job`,
      `sagemaker:Stop${kind}Job`,
    ],
    resourceArns: [
      stack.formatArn({
        service: 'sagemaker',
        resource: KINDS[kind].resource,
        resourceName: `${namePrefix}-*`,
      }),
    ],
  });
  Grant.addToPrincipal({
    grantee,
    actions: ['events:DescribeRule', 'events:PutRule', 'events:PutTargets'],
    resourceArns: [
      stack.formatArn({
        service: 'events',
        resource: 'rule',
        resourceName: `StepFunctionsGetEventsForSageMaker${KINDS[kind].events}JobsRule`,
        arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
      }),
    ],
  });
}
