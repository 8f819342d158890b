import type { MachineRequest } from '../pipeline';

/** What a container of Cloud Run gets. */
export interface CloudRunResources {
  readonly cpu: number;
  readonly memoryGiB: number;
  /** `nodeSelector.accelerator`; one GPU. */
  readonly accelerator?: 'nvidia-l4';
}

/**
 * Memory that each number of CPUs may have at most, in GiB:
 * https://docs.cloud.google.com/run/docs/configuring/services/memory-limits
 */
const SIZES: readonly (readonly [cpu: number, memoryGiB: number])[] = [
  [1, 4],
  [2, 8],
  [4, 16],
  [6, 24],
  [8, 32],
];

/** An instance with a GPU has four CPUs and 16 GiB at the least. */
const GPU_MINIMUM = { cpu: 4, memoryGiB: 16 };

/** What Cloud Run has for a request; nothing where it is too big, or for a GPU that Cloud Run has not. */
export function cloudRunResources(request: MachineRequest): CloudRunResources | undefined {
  const { accelerator = 'cpu', accelerators = 1, memoryGiB = 8 } = request;
  const size = SIZES.find(([, most]) => most >= memoryGiB);
  if (size === undefined) return undefined;
  const [cpu] = size;
  if (accelerator === 'cpu') return { cpu, memoryGiB };
  if (accelerator !== 'l4' || accelerators !== 1) return undefined;
  return {
    cpu: Math.max(cpu, GPU_MINIMUM.cpu),
    memoryGiB: Math.max(memoryGiB, GPU_MINIMUM.memoryGiB),
    accelerator: 'nvidia-l4',
  };
}

/** `resources.limits` of a container. */
export function renderLimits({ cpu, memoryGiB, accelerator }: CloudRunResources): Record<string, string> {
  return {
    cpu: String(cpu),
    memory: `${memoryGiB}Gi`,
    ...(accelerator && { 'nvidia.com/gpu': '1' }),
  };
}
