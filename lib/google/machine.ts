import { type GoogleMachine, type MachineUse, pickMachine } from '../hardware';
import type { MachineRequest } from '../pipeline';

/** The machine that was named, or the smallest one that has what was asked for. */
export function resolveMachine(
  machine: MachineRequest | GoogleMachine,
  use: MachineUse,
  path = 'machine',
): GoogleMachine {
  return 'name' in machine ? machine : pickMachine(machine, { cloud: 'google', use, path });
}

/** `machineSpec` of Vertex AI. */
export function renderMachine(machine: GoogleMachine): Readonly<Record<string, unknown>> {
  return {
    machineType: machine.machineType,
    ...(machine.acceleratorType !== undefined && {
      acceleratorType: machine.acceleratorType,
      acceleratorCount: machine.accelerators,
    }),
  };
}
