import { type Issue, throwIssues } from '../issue';
import { type PipelineDefinition, unsupportedFields } from '../pipeline';
import { checkAlarms } from './endpoint-alarms';
import { checkNetwork, type NetworkProps } from './network';
import type { PipelineMachines } from './pipeline-machines';
import type { PipelineRuntime } from './pipeline-runtime';
import { checkService, checkServiceCapture } from './pipeline-service';
import { checkStarts, type Starts } from './pipeline-starts';
import { checkProject, type Project } from './project';
import { checkReplicas } from './replicas';
import { UNSUPPORTED } from './support';
import { checkTuning } from './tuning-limits';

export interface CheckedPipeline {
  readonly definition: PipelineDefinition;
  readonly project: Project;
  readonly network?: NetworkProps;
  readonly starts?: Starts;
  readonly machines: PipelineMachines;
  readonly serving: PipelineRuntime;
}

/** @throws IssueError with everything that Google Cloud would refuse, or not carry out */
export function checkPipeline(pipeline: CheckedPipeline): void {
  const { definition, machines, network, project, starts = {} } = pipeline;
  const { tuning } = definition.training;
  const unsupported = unsupportedFields(definition, 'Google Cloud', UNSUPPORTED);
  throwIssues(`definition "${definition.name}" on Google Cloud`, [
    ...unsupported,
    ...machines.issues,
    ...checkProject(project),
    ...checkNetwork(network),
    ...checkStarts(starts, 'starts'),
    ...(tuning ? checkTuning(tuning) : []),
    // What is refused as a field need not be refused for its value as well.
    ...(unsupported.length === 0 ? checkEndpoint(pipeline) : []),
  ]);
}

function checkEndpoint({ definition, machines, project, serving }: CheckedPipeline): Issue[] {
  const { performance, resources } = definition.monitoring;
  const { endpoint } = definition.deployment;
  const levels = { ...performance, ...resources };
  const place = { projectId: project.id, region: project.region };
  const { issues, runtime } = serving;
  if (endpoint.mode === 'serverless') {
    const gpu = servesOnGpu(definition);
    return [
      ...issues,
      ...checkService(endpoint.machine, 'deployment.endpoint.machine'),
      ...checkServiceCapture(definition, runtime),
      ...checkAlarms({ kind: 'cloud-run', ...place, serviceName: '', gpu }, levels, 'monitoring'),
      ...runtime.check(gpu ? 1 : 0, 'runtime'),
    ];
  }
  const machine = machines.endpoint;
  if (machine === undefined) return [...issues];
  return [
    ...issues,
    ...checkReplicas(endpoint.replicas, machine, 'deployment.endpoint.replicas'),
    ...checkAlarms({ kind: 'vertex', ...place, endpointId: '', machine }, levels, 'monitoring'),
    ...runtime.check(machine.accelerators, 'runtime'),
  ];
}

/** Whether the machine that is asked for to serve has a GPU. */
export function servesOnGpu({ deployment }: PipelineDefinition): boolean {
  return (deployment.endpoint.machine.accelerator ?? 'cpu') !== 'cpu';
}
