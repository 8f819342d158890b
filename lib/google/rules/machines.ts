import { type GoogleMachine, type MachineUse, MACHINES } from '../../hardware';
import { blocksOf, literalOf, numberOf, objectOf, type Properties } from './properties';
import type { Subject } from './subject';

/** A machine that a request asks for. */
export interface AskedMachine {
  readonly machineType: string;
  /** As the catalogue names it: `n1-standard-4+t4`. */
  readonly name: string;
  readonly use: MachineUse;
  /** Absent where the catalogue has none of this type with these accelerators. */
  readonly machine?: GoogleMachine;
}

/** What is known of them before the run. */
export function machinesOf({ properties, type }: Subject): AskedMachine[] {
  const use: MachineUse = type === 'DeployedModel' ? 'endpoint' : 'training';
  return specsOf(type, properties).flatMap((spec) => {
    const machineType = literalOf(spec.machineType);
    return machineType === undefined ? [] : [{ machineType, use, ...find(machineType, spec) }];
  });
}

/** Whether the catalogue has the machine type at all. */
export function isKnownType(machineType: string): boolean {
  return MACHINES.some((machine) => machine.cloud === 'google' && machine.machineType === machineType);
}

function specsOf(type: string, properties: Properties): Properties[] {
  switch (type) {
    case 'DeployedModel':
      return [objectOf(objectOf(properties.dedicatedResources).machineSpec)];
    case 'CustomJob':
      return poolsOf(properties.jobSpec);
    case 'HyperparameterTuningJob':
      return poolsOf(properties.trialJobSpec);
    default:
      return [];
  }
}

function poolsOf(jobSpec: unknown): Properties[] {
  return blocksOf(objectOf(jobSpec).workerPoolSpecs).map(({ machineSpec }) => objectOf(machineSpec));
}

function find(machineType: string, spec: Properties): Pick<AskedMachine, 'name' | 'machine'> {
  const accelerators = numberOf(spec.acceleratorCount) ?? 0;
  const machine = MACHINES.find(
    (candidate): candidate is GoogleMachine =>
      candidate.cloud === 'google' &&
      candidate.machineType === machineType &&
      candidate.acceleratorType === spec.acceleratorType &&
      candidate.accelerators === accelerators,
  );
  const attached = accelerators === 0 ? '' : ` with ${accelerators} × ${String(spec.acceleratorType)}`;
  return { name: `${machineType}${attached}`, ...(machine && { machine }) };
}
