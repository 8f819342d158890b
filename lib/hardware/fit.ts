import type { Issue } from '../issue';
import type { Accelerator } from '../pipeline/definition';
import { ACCELERATORS } from './accelerators';
import { machinesOf } from './catalogue';
import type { Machine } from './machine';

const GIB = 2 ** 30;

/**
 * A model on a GPU: its weights and a fifth of them for activations (EleutherAI, Transformer Math 101:
 * inference takes about 1.2 × the weights, https://blog.eleuther.ai/transformer-math/), and 1 GiB for the
 * CUDA context, its libraries and kernels (an estimate: PyTorch's alone take 1.3 GB, ONNX Runtime's less).
 */
const ON_GPU = { timesWeights: 1.2, gib: 1 };

/**
 * A model in main memory: loading it holds the file and the weights at once (measured with ONNX Runtime
 * 1.30 on files of 0.25 and 1 GiB: at most 2 × the file and 0.14 GiB), and 1 GiB for the server, the agent
 * of the service and the system.
 */
const ON_CPU = { timesWeights: 2, gib: 1 };

export interface ModelFit {
  /** Size of the model file and its external data, or the size declared for them. */
  readonly modelBytes: number;
  /** Machine of the endpoint. */
  readonly machine: Machine;
  /** Path of the machine in the definition, for messages. */
  readonly path: string;
}

/**
 * Memory it takes to serve a model, in GiB: of one device where `accelerator` is a GPU, as each device
 * serves a copy of its own; main memory where it is `"cpu"`. An estimate for batches of ordinary size.
 */
export function memoryNeeded(modelBytes: number, accelerator: Accelerator): number {
  const { timesWeights, gib } = accelerator === 'cpu' ? ON_CPU : ON_GPU;
  return (timesWeights * modelBytes) / GIB + gib;
}

/** Nothing where the machine has the memory to serve the model, otherwise one issue that names what has. */
export function checkModelFits({ modelBytes, machine, path }: ModelFit): Issue[] {
  const needed = memoryNeeded(modelBytes, machine.accelerator);
  const available = memoryAvailable(machine);
  if (needed <= available) return [];
  const place =
    machine.accelerator === 'cpu' ? machine.name : `each ${machine.accelerator} of ${machine.name}`;
  return [
    {
      code: 'model-does-not-fit',
      path,
      message: `serving a model of ${inGiB(modelBytes / GIB)} takes about ${inGiB(needed)} of memory; ${place} has ${available} GiB`,
      fix: fixFor(modelBytes, machine),
    },
  ];
}

/** Names the smallest machine for endpoints, of the same cloud and kind, that has the memory. */
function fixFor(modelBytes: number, machine: Machine): string {
  const smallest = machinesOf(machine.cloud).find(
    (candidate) =>
      candidate.uses.includes('endpoint') &&
      (candidate.accelerator === 'cpu') === (machine.accelerator === 'cpu') &&
      memoryAvailable(candidate) >= memoryNeeded(modelBytes, candidate.accelerator),
  );
  if (smallest === undefined) return 'make the model smaller: no machine of the catalogue has the memory';
  const request =
    smallest.accelerator === 'cpu'
      ? `memoryGiB ${smallest.memoryGiB}`
      : `accelerator "${smallest.accelerator}"`;
  return `ask for ${request} (${smallest.name}), or make the model smaller, for example with optimization.quantize`;
}

/** Memory in which one copy of a model must fit, in GiB. */
function memoryAvailable({ accelerator, memoryGiB }: Machine): number {
  return accelerator === 'cpu' ? memoryGiB : ACCELERATORS[accelerator].memoryGiB;
}

function inGiB(gib: number): string {
  return `${gib.toFixed(1)} GiB`;
}
