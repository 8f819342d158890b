import { type AwsMachine, type MachineUse, pickMachine } from '../hardware';
import type { MachineRequest } from '../pipeline';

/** The machine that was named, or the smallest one that has what was asked for. */
export function resolveMachine(
  machine: MachineRequest | AwsMachine,
  use: MachineUse,
  path = 'machine',
): AwsMachine {
  return 'name' in machine ? machine : pickMachine(machine, { cloud: 'aws', use, path });
}
