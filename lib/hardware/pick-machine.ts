import { IssueError } from '../issue';
import { DEFAULT_MACHINE, type MachineRequest } from '../pipeline/definition';
import { machinesOf } from './catalogue';
import { explainMiss } from './explain-miss';
import type { Cloud, MachineOf, MachineUse } from './machine';

export interface Where<C extends Cloud = Cloud> {
  readonly cloud: C;
  readonly use: MachineUse;
  /** Path of the request in the definition, for messages. @default "machine" */
  readonly path?: string;
}

/**
 * The smallest machine of a cloud that satisfies the request: fewest accelerators, then least memory,
 * then fewest vCPUs, then the name. It may have more accelerators than asked for.
 *
 * @throws IssueError with one issue where no machine does; its fix names what comes nearest
 */
export function pickMachine<C extends Cloud>(request: MachineRequest, where: Where<C>): MachineOf<C> {
  const { cloud, use, path = 'machine' } = where;
  const { accelerator = DEFAULT_MACHINE.accelerator, memoryGiB = DEFAULT_MACHINE.memoryGiB } = request;
  const accelerators = request.accelerators ?? (accelerator === 'cpu' ? 0 : 1);
  const machine = machinesOf(cloud).find(
    (candidate) =>
      candidate.accelerator === accelerator &&
      candidate.accelerators >= accelerators &&
      candidate.memoryGiB >= memoryGiB &&
      candidate.uses.includes(use),
  );
  if (machine !== undefined) return machine;
  const issue = explainMiss({ accelerator, accelerators, memoryGiB }, cloud, use);
  throw new IssueError('machine', [{ ...issue, path }]);
}
