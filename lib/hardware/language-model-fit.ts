import { type Issue, issue } from '../issue';
import { GPU_COUNTS, spreadsEvenly } from '../pipeline/definition';
import { ACCELERATORS } from './accelerators';
import { machinesOf } from './catalogue';
import type { Cloud, Machine, MachineOf } from './machine';

const GIB = 2 ** 30;

/** What of a model decides its memory: `LanguageModel` has it. */
export interface LanguageModelSize {
  readonly weightBytes: number;
  readonly layers: number;
  readonly attentionHeads: number;
  readonly keyValueHeads: number;
  /** Elements per head. */
  readonly headSize: number;
}

/** How much the model has to work on at once. */
export interface Load {
  /** Tokens of prompt and answer together, per sequence. */
  readonly contextTokens: number;
  /** Sequences that are generated at the same time, each of full length. */
  readonly sequences: number;
  /** GPUs that share one copy of the model. */
  readonly tensorParallel: number;
}

/** Memory of one GPU, in GiB. */
export interface GpuMemory {
  readonly weights: number;
  /** Keys and values of all sequences. */
  readonly cache: number;
  readonly overhead: number;
}

/**
 * CUDA context, communication and captured graphs (about 1 GiB), and the activations of a prefill of
 * 8192 tokens (about 1 GiB at a hidden size of 8192): an estimate, as both differ by version.
 */
const OVERHEAD_GIB = 2;

/** Of one element: vLLM computes in 16 bits, also where the weights have 32. */
const CACHE_BYTES = 2;

/** Share of a GPU that vLLM uses: https://docs.vllm.ai/en/stable/configuration/engine_args.html */
export const GPU_MEMORY_UTILIZATION = 0.9;

/**
 * Memory that each GPU needs. A cache of one token is 2 (key and value) × layers × heads × head size ×
 * bytes; heads are split over the GPUs until there is one on each, which then holds a copy.
 */
export function gpuMemory(model: LanguageModelSize, load: Load): GpuMemory {
  const { layers, headSize, keyValueHeads, weightBytes } = model;
  const { contextTokens, sequences, tensorParallel } = load;
  const heads = Math.ceil(keyValueHeads / tensorParallel);
  return {
    weights: weightBytes / tensorParallel / GIB,
    cache: (2 * layers * heads * headSize * CACHE_BYTES * contextTokens * sequences) / GIB,
    overhead: OVERHEAD_GIB,
  };
}

/** What keeps the model from being split like this, or from fitting; nothing where it serves. */
export function checkLanguageModelFits(
  model: LanguageModelSize,
  load: Load,
  machine: Machine,
  path: string,
): Issue[] {
  const split = splitIssues(model, load, path);
  if (split.length > 0) return split;
  if (machine.accelerators < load.tensorParallel) {
    return [
      issue(
        'language-model-gpus',
        path,
        `${machine.name} has ${machine.accelerators} GPUs; one copy of the model is spread over ${load.tensorParallel}`,
        advice(model, load, machine.cloud),
      ),
    ];
  }
  const memory = gpuMemory(model, load);
  const needed = total(memory);
  const usable = usableGiB(machine);
  if (needed <= usable) return [];
  const parts = `${gib(memory.weights)} of weights, ${gib(memory.cache)} of cache for ${load.sequences} × ${load.contextTokens} tokens, ${gib(memory.overhead)} besides`;
  return [
    issue(
      'language-model-does-not-fit',
      path,
      `takes ${gib(needed)} of each GPU (${parts}); of each ${machine.accelerator} of ${machine.name}, ${gib(usable)} are used`,
      advice(model, load, machine.cloud),
    ),
  ];
}

/** The smallest machine for endpoints that serves the model, `undefined` where none of the catalogue does. */
export function machineForLanguageModel<C extends Cloud>(
  model: LanguageModelSize,
  load: Load,
  cloud: C,
): MachineOf<C> | undefined {
  if (splitIssues(model, load, '').length > 0) return undefined;
  const needed = total(gpuMemory(model, load));
  return machinesOf(cloud).find(
    (machine) =>
      machine.uses.includes('endpoint') &&
      machine.accelerators >= load.tensorParallel &&
      usableGiB(machine) >= needed,
  );
}

function splitIssues(
  { attentionHeads, keyValueHeads }: LanguageModelSize,
  { tensorParallel }: Load,
  path: string,
): Issue[] {
  if (spreadsEvenly(attentionHeads, keyValueHeads, tensorParallel)) return [];
  const degrees = GPU_COUNTS.filter((gpus) => spreadsEvenly(attentionHeads, keyValueHeads, gpus));
  return [
    issue(
      'tensor-parallel',
      path,
      `${attentionHeads} attention heads, ${keyValueHeads} of them with keys and values, do not spread evenly over ${tensorParallel} GPUs`,
      `Spread the model over ${degrees.join(', ')} GPUs.`,
    ),
  ];
}

/** Names the smallest machine, over the fewest GPUs. */
function advice(model: LanguageModelSize, load: Load, cloud: Cloud): string {
  for (const tensorParallel of GPU_COUNTS) {
    const machine = machineForLanguageModel(model, { ...load, tensorParallel }, cloud);
    if (machine === undefined) continue;
    const { accelerator, accelerators, name } = machine;
    return `Take ${name} (${accelerators} × ${accelerator}) with tensorParallel ${tensorParallel}, or allow fewer sequences or tokens.`;
  }
  return 'Allow fewer sequences or tokens, or quantise the model: no machine of the catalogue has the memory.';
}

function total({ weights, cache, overhead }: GpuMemory): number {
  return weights + cache + overhead;
}

function usableGiB({ accelerator }: Machine): number {
  return accelerator === 'cpu' ? 0 : ACCELERATORS[accelerator].memoryGiB * GPU_MEMORY_UTILIZATION;
}

function gib(value: number): string {
  return `${value.toFixed(1)} GiB`;
}
