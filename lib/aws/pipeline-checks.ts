import type { Size } from 'aws-cdk-lib/core';
import type { AwsMachine } from '../hardware';
import { throwIssues } from '../issue';
import { type PipelineDefinition, servingRuntime, unsupportedFields } from '../pipeline';
import { checkAsynchronous } from './asynchronous-settings';
import type { ContainerImage } from './container-image';
import { checkAlarms } from './endpoint-alarms';
import { checkRollout, resolveRollout } from './guardrails';
import type { NetworkProps } from './network';
import type { PipelineMachines } from './pipeline-machines';
import { checkProgramImage } from './program-placement';
import type { RequestQueueOptions } from './request-queue';
import { checkName } from './resource-name';
import { checkServerless } from './serverless-settings';
import { checkServingImage } from './serving-image';
import { UNSUPPORTED } from './support';
import { checkTuning } from './tuning-limits';

export interface CheckedPipeline {
  readonly definition: PipelineDefinition;
  readonly endpointName?: string;
  readonly image?: ContainerImage;
  readonly modelSize?: Size;
  readonly network?: NetworkProps;
  readonly programImage?: ContainerImage;
  readonly queue?: RequestQueueOptions;
  readonly machines: PipelineMachines;
  /** Steps whose artifact programs run as jobs. */
  readonly programJobs: ReadonlySet<string>;
}

/**
 * @returns the endpoint's machine, once nothing is wrong
 * @throws IssueError with everything that AWS would refuse, or not carry out
 */
export function checkPipeline(pipeline: CheckedPipeline): AwsMachine {
  const { definition, image, machines, modelSize, programImage, programJobs } = pipeline;
  const { deployment, monitoring, training } = definition;
  const { endpoint, issues } = machines;
  const runtime = servingRuntime(definition);
  throwIssues(`definition "${definition.name}" on AWS`, [
    ...unsupportedFields(definition, 'AWS', UNSUPPORTED),
    ...issues,
    ...checkServerless(definition, pipeline.network !== undefined),
    ...checkAsynchronous(definition, pipeline.queue),
    ...checkServingImage(runtime, image),
    ...(runtime === 'onnx' ? [] : checkProgramImage(programJobs, modelSize, programImage)),
    ...(training.tuning ? checkTuning(training.tuning, 'training.tuning') : []),
    ...checkRollout(resolveRollout(deployment.release), 'deployment.release'),
    ...(endpoint ? checkAlarms(endpoint, monitoring.resources, 'monitoring.resources') : []),
    ...checkName(pipeline.endpointName, 'endpointName'),
  ]);
  if (endpoint === undefined) throw new Error('a machine that was not picked has an issue');
  return endpoint;
}
