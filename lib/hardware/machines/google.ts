import type { Accelerator } from '../../pipeline/definition';
import type { GoogleMachine, MachineUse } from '../machine';

/*
 * Uses: the machine types Vertex AI lists for custom training, which runs the processing steps too,
 * and for endpoints. Regions and quotas narrow them.
 * https://docs.cloud.google.com/vertex-ai/docs/training/configure-compute
 * https://docs.cloud.google.com/vertex-ai/docs/predictions/configure-compute
 *
 * Numbers: https://docs.cloud.google.com/compute/docs/general-purpose-machines (e2, n1, n2) and
 * https://docs.cloud.google.com/compute/docs/accelerator-optimized-machines (g2, a2, a3), which
 * write GB for GiB. GPUs per n1 machine: https://docs.cloud.google.com/compute/docs/gpus
 */

type Uses = 'both' | 'jobs' | 'endpoint';

const USES: Readonly<Record<Uses, readonly MachineUse[]>> = {
  both: ['training', 'processing', 'endpoint'],
  jobs: ['training', 'processing'],
  endpoint: ['endpoint'],
};

type CpuRow = readonly [machineType: string, vcpus: number, memoryGiB: number, uses: Uses];

// prettier-ignore
const CPU: readonly CpuRow[] = [
  ['e2-standard-2',   2,   8,   'endpoint'],
  ['e2-standard-4',   4,  16,   'both'],
  ['e2-standard-8',   8,  32,   'both'],
  ['e2-standard-16', 16,  64,   'both'],
  ['e2-standard-32', 32, 128,   'both'],

  ['n1-standard-2',   2,   7.5, 'endpoint'],
  ['n1-standard-4',   4,  15,   'both'],
  ['n1-standard-8',   8,  30,   'both'],
  ['n1-standard-16', 16,  60,   'both'],
  ['n1-standard-32', 32, 120,   'both'],
  ['n1-standard-64', 64, 240,   'jobs'],
  ['n1-standard-96', 96, 360,   'jobs'],

  ['n2-standard-4',   4,  16,   'jobs'],
  ['n2-standard-8',   8,  32,   'jobs'],
  ['n2-standard-16', 16,  64,   'jobs'],
  ['n2-standard-32', 32, 128,   'jobs'],
  ['n2-standard-48', 48, 192,   'jobs'],
  ['n2-standard-64', 64, 256,   'jobs'],
  ['n2-standard-80', 80, 320,   'jobs'],
];

/** GPUs that can be attached to a CPU machine, and how many of them. */
type AttachedRow = readonly [
  machineType: string,
  counts: Readonly<Partial<Record<Accelerator, readonly number[]>>>,
];

// prettier-ignore
const ATTACHED: readonly AttachedRow[] = [
  ['n1-standard-4',  { t4: [1, 2, 4], v100: [1, 2, 4, 8] }],
  ['n1-standard-8',  { t4: [1, 2, 4], v100: [1, 2, 4, 8] }],
  ['n1-standard-16', { t4: [1, 2, 4], v100: [2, 4, 8] }],
  ['n1-standard-32', { t4: [2, 4],    v100: [4, 8] }],
  ['n1-standard-64', { t4: [4],       v100: [8] }],
  ['n1-standard-96', { t4: [4],       v100: [8] }],
];

type AcceleratedRow = readonly [
  machineType: string,
  accelerator: Accelerator,
  accelerators: number,
  vcpus: number,
  memoryGiB: number,
];

/** All of them for jobs and endpoints. Google gives a3-highgpu-1g, 2g and 4g as Spot or flex-start capacity only. */
// prettier-ignore
const ACCELERATED: readonly AcceleratedRow[] = [
  ['g2-standard-4',  'l4',        1,   4,   16],
  ['g2-standard-8',  'l4',        1,   8,   32],
  ['g2-standard-12', 'l4',        1,  12,   48],
  ['g2-standard-16', 'l4',        1,  16,   64],
  ['g2-standard-32', 'l4',        1,  32,  128],
  ['g2-standard-24', 'l4',        2,  24,   96],
  ['g2-standard-48', 'l4',        4,  48,  192],
  ['g2-standard-96', 'l4',        8,  96,  384],

  ['a2-highgpu-1g',  'a100',      1,  12,   85],
  ['a2-highgpu-2g',  'a100',      2,  24,  170],
  ['a2-highgpu-4g',  'a100',      4,  48,  340],
  ['a2-highgpu-8g',  'a100',      8,  96,  680],
  ['a2-megagpu-16g', 'a100',     16,  96, 1360],

  ['a2-ultragpu-1g', 'a100-80gb', 1,  12,  170],
  ['a2-ultragpu-2g', 'a100-80gb', 2,  24,  340],
  ['a2-ultragpu-4g', 'a100-80gb', 4,  48,  680],
  ['a2-ultragpu-8g', 'a100-80gb', 8,  96, 1360],

  ['a3-highgpu-1g',  'h100',      1,  26,  234],
  ['a3-highgpu-2g',  'h100',      2,  52,  468],
  ['a3-highgpu-4g',  'h100',      4, 104,  936],
  ['a3-highgpu-8g',  'h100',      8, 208, 1872],

  ['a3-ultragpu-8g', 'h200',      8, 224, 2952],
];

/** `machineSpec.acceleratorType` by accelerator: https://docs.cloud.google.com/vertex-ai/docs/reference/rest/v1/MachineSpec */
const ACCELERATOR_TYPES: Readonly<Partial<Record<Accelerator, string>>> = {
  t4: 'NVIDIA_TESLA_T4',
  v100: 'NVIDIA_TESLA_V100',
  l4: 'NVIDIA_L4',
  a100: 'NVIDIA_TESLA_A100',
  'a100-80gb': 'NVIDIA_A100_80GB',
  h100: 'NVIDIA_H100_80GB',
  h200: 'NVIDIA_H200_141GB',
};

const CPU_MACHINES: readonly GoogleMachine[] = CPU.map(([machineType, vcpus, memoryGiB, uses]) => ({
  cloud: 'google',
  name: machineType,
  machineType,
  uses: USES[uses],
  accelerator: 'cpu',
  accelerators: 0,
  vcpus,
  memoryGiB,
}));

/** Machines of Vertex AI: CPU machines, CPU machines with GPUs attached, and machines built around GPUs. */
export const GOOGLE_MACHINES: readonly GoogleMachine[] = [
  ...CPU_MACHINES,
  ...CPU_MACHINES.flatMap(withAttached),
  ...ACCELERATED.map(acceleratedMachine),
];

function withAttached(machine: GoogleMachine): GoogleMachine[] {
  const [, counts = {}] = ATTACHED.find(([machineType]) => machineType === machine.name) ?? [];
  return (Object.entries(counts) as [Accelerator, readonly number[]][]).flatMap(([accelerator, numbers]) =>
    numbers.map((accelerators) => ({
      ...machine,
      name: `${machine.name}+${accelerators === 1 ? '' : `${accelerators}x`}${accelerator}`,
      accelerator,
      accelerators,
      acceleratorType: ACCELERATOR_TYPES[accelerator],
    })),
  );
}

function acceleratedMachine(row: AcceleratedRow): GoogleMachine {
  const [machineType, accelerator, accelerators, vcpus, memoryGiB] = row;
  return {
    cloud: 'google',
    name: machineType,
    machineType,
    acceleratorType: ACCELERATOR_TYPES[accelerator],
    uses: USES.both,
    accelerator,
    accelerators,
    vcpus,
    memoryGiB,
  };
}
