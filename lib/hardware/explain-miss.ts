import type { Issue } from '../issue';
import type { MachineRequest } from '../pipeline/definition';
import { ACCELERATORS } from './accelerators';
import { machinesOf } from './catalogue';
import type { Cloud, Machine, MachineUse } from './machine';

type Gpu = keyof typeof ACCELERATORS;
type Wanted = Required<MachineRequest>;
type GpuWanted = Wanted & { readonly accelerator: Gpu };
type Cause = Omit<Issue, 'path'>;

/** By memory, smallest first, as the catalogue lists them. */
const GPUS = Object.keys(ACCELERATORS) as Gpu[];

const SERVICES: Readonly<Record<Cloud, string>> = { aws: 'SageMaker', google: 'Vertex AI' };
const USES: Readonly<Record<MachineUse, string>> = {
  training: 'training',
  processing: 'processing',
  endpoint: 'endpoints',
};

/** Why no machine satisfies the request, and what comes nearest. */
export function explainMiss(wanted: Wanted, cloud: Cloud, use: MachineUse): Cause {
  if (wanted.accelerator === 'cpu') return explainCpu(wanted, cloud, use);
  return isGpu(wanted.accelerator)
    ? explainGpu({ ...wanted, accelerator: wanted.accelerator }, cloud, use)
    : {
        code: 'machine-accelerator-unknown',
        message: `accelerator "${String(wanted.accelerator)}" is not known`,
        fix: `use one of ${['cpu', ...GPUS].join(', ')}`,
      };
}

function explainCpu({ accelerators, memoryGiB }: Wanted, cloud: Cloud, use: MachineUse): Cause {
  if (accelerators > 0) {
    return {
      code: 'machine-accelerators-of-cpu',
      message: `asks for ${accelerators} accelerators on a "cpu" machine`,
      fix: 'name the accelerator, or leave `accelerators` out',
    };
  }
  const largest = most(
    offered(cloud, use).filter((machine) => machine.accelerator === 'cpu'),
    'memoryGiB',
  );
  return {
    code: 'machine-memory-too-large',
    message: `asks for ${memoryGiB} GiB of memory; ${SERVICES[cloud]} has at most ${largest.memoryGiB} GiB without an accelerator for ${USES[use]} (${largest.name})`,
    fix: `ask for at most ${largest.memoryGiB} GiB`,
  };
}

function explainGpu(wanted: GpuWanted, cloud: Cloud, use: MachineUse): Cause {
  const { accelerator, accelerators, memoryGiB } = wanted;
  const service = SERVICES[cloud];
  const machines = offered(cloud, use);
  const alternative = nearest(wanted, machines);
  const anyAlternative = alternative ?? nearest({ ...wanted, accelerators: 1, memoryGiB: 0 }, machines);

  const onCloud = machinesOf(cloud).filter((machine) => machine.accelerator === accelerator);
  if (onCloud.length === 0) {
    return {
      code: 'machine-accelerator-not-on-cloud',
      message: `${service} has no machine with ${describe(accelerator)}`,
      fix: anyOf(anyAlternative),
    };
  }
  const ofKind = machines.filter((machine) => machine.accelerator === accelerator);
  if (ofKind.length === 0) {
    const uses = [...new Set(onCloud.flatMap((machine) => machine.uses))].map((other) => USES[other]);
    return {
      code: 'machine-not-for-use',
      message: `${service} offers ${describe(accelerator)} for ${uses.join(' and ')}, not for ${USES[use]}`,
      fix: anyOf(anyAlternative),
    };
  }
  const enough = ofKind.filter((machine) => machine.accelerators >= accelerators);
  if (enough.length === 0) {
    const largest = most(ofKind, 'accelerators');
    return {
      code: 'machine-accelerators-too-many',
      message: `asks for ${accelerators} ${accelerator}; ${service} has at most ${largest.accelerators} on a machine for ${USES[use]} (${largest.name})`,
      fix: anyOf(`ask for at most ${largest.accelerators}`, alternative),
    };
  }
  const largest = most(enough, 'memoryGiB');
  return {
    code: 'machine-memory-too-large',
    message: `asks for ${memoryGiB} GiB of memory; ${service} has at most ${largest.memoryGiB} GiB with ${accelerators} ${accelerator} for ${USES[use]} (${largest.name})`,
    fix: anyOf(`ask for at most ${largest.memoryGiB} GiB`, alternative),
  };
}

/**
 * The accelerator that comes nearest by memory among the machines that satisfy the rest of the
 * request: the smallest with at least as much, or else the largest.
 */
function nearest(
  { accelerator, accelerators, memoryGiB }: GpuWanted,
  machines: readonly Machine[],
): string | undefined {
  const found = GPUS.filter((gpu) => gpu !== accelerator).flatMap((gpu) => {
    const machine = machines.find(
      (candidate) =>
        candidate.accelerator === gpu &&
        candidate.accelerators >= accelerators &&
        candidate.memoryGiB >= memoryGiB,
    );
    return machine === undefined ? [] : [{ gpu, machine }];
  });
  const wantedMemory = ACCELERATORS[accelerator].memoryGiB;
  const choice = found.find(({ gpu }) => ACCELERATORS[gpu].memoryGiB >= wantedMemory) ?? found.at(-1);
  return choice && `use ${describe(choice.gpu)}, for example ${choice.machine.name}`;
}

function offered(cloud: Cloud, use: MachineUse): readonly Machine[] {
  return machinesOf(cloud).filter((machine) => machine.uses.includes(use));
}

function describe(gpu: Gpu): string {
  return `${gpu} (${ACCELERATORS[gpu].memoryGiB} GiB each)`;
}

function anyOf(...fixes: readonly (string | undefined)[]): string {
  return fixes.filter((fix) => fix !== undefined).join(', or ');
}

function most(machines: readonly Machine[], size: 'accelerators' | 'memoryGiB'): Machine {
  return machines.reduce((largest, machine) => (machine[size] > largest[size] ? machine : largest));
}

function isGpu(accelerator: string): accelerator is Gpu {
  return Object.hasOwn(ACCELERATORS, accelerator);
}
