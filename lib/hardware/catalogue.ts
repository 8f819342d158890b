import type { Cloud, Machine, MachineOf } from './machine';
import { AWS_MACHINES } from './machines/aws';
import { GOOGLE_MACHINES } from './machines/google';

/** Every machine the library picks from. */
export const MACHINES: readonly Machine[] = [...AWS_MACHINES, ...GOOGLE_MACHINES];

/**
 * The machine of that name (`ml.g4dn.xlarge`, `g2-standard-4`, `n1-standard-4+t4`), `undefined` where the
 * catalogue has none: a newer machine, or a name that is known at deployment only.
 */
export function findMachine<C extends Cloud = Cloud>(name: string, cloud?: C): MachineOf<C> | undefined {
  return machinesOf(cloud).find((machine) => machine.name === name);
}

/** The machines of a cloud, smallest first: fewest accelerators, least memory, fewest vCPUs, name. */
export function machinesOf<C extends Cloud = Cloud>(cloud?: C): readonly MachineOf<C>[] {
  return MACHINES.filter(
    (machine): machine is MachineOf<C> => cloud === undefined || machine.cloud === cloud,
  ).sort(bySize);
}

function bySize(a: Machine, b: Machine): number {
  return (
    a.accelerators - b.accelerators ||
    a.memoryGiB - b.memoryGiB ||
    a.vcpus - b.vcpus ||
    (a.name < b.name ? -1 : 1)
  );
}
