import type { Accelerator } from '../../pipeline/definition';
import type { AwsMachine, MachineUse } from '../machine';

/*
 * Uses: the values the SageMaker API takes as TrainingInstanceType, ProcessingInstanceType and
 * ProductionVariantInstanceType. Regions and quotas narrow them.
 * https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ResourceConfig.html
 * https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ProcessingClusterConfig.html
 * https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ProductionVariant.html
 *
 * Numbers: what EC2's DescribeInstanceTypes answers for the type without `ml.`, as also listed in
 * https://docs.aws.amazon.com/ec2/latest/instancetypes/gp.html (m), co.html (c), mo.html (r),
 * ac.html (g, p) and pg.html (p3).
 */

/** T training, P processing, E endpoint. */
type Uses = 'TPE' | 'TP' | 'TE' | 'E';

const USES: Readonly<Record<Uses, readonly MachineUse[]>> = {
  TPE: ['training', 'processing', 'endpoint'],
  TP: ['training', 'processing'],
  TE: ['training', 'endpoint'],
  E: ['endpoint'],
};

interface CpuFamily {
  readonly family: string;
  readonly gibPerVcpu: number;
  readonly localNvme?: boolean;
  /** The one size with EFA. */
  readonly efa?: string;
  readonly sizes: Readonly<Partial<Record<Uses, string>>>;
}

// prettier-ignore
const CPU_FAMILIES: readonly CpuFamily[] = [
  { family: 'c5',  gibPerVcpu: 2,                  sizes: { TPE: 'xlarge 2xlarge 4xlarge 9xlarge 18xlarge', E: 'large' } },
  { family: 'c5d', gibPerVcpu: 2, localNvme: true, sizes: { E: 'large xlarge 2xlarge 4xlarge 9xlarge 18xlarge' } },
  { family: 'c6i', gibPerVcpu: 2, efa: '32xlarge', sizes: { TPE: 'xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge 24xlarge 32xlarge', E: 'large' } },
  { family: 'c7i', gibPerVcpu: 2, efa: '48xlarge', sizes: { TPE: 'large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge 24xlarge 48xlarge' } },
  { family: 'm5',  gibPerVcpu: 4,                  sizes: { TPE: 'large xlarge 2xlarge 4xlarge 12xlarge 24xlarge' } },
  { family: 'm5d', gibPerVcpu: 4, localNvme: true, sizes: { E: 'large xlarge 2xlarge 4xlarge 12xlarge 24xlarge' } },
  { family: 'm6i', gibPerVcpu: 4, efa: '32xlarge', sizes: { TPE: 'large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge 24xlarge 32xlarge' } },
  { family: 'm7i', gibPerVcpu: 4, efa: '48xlarge', sizes: { TPE: 'large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge 24xlarge 48xlarge' } },
  { family: 'r5',  gibPerVcpu: 8,                  sizes: { TPE: 'large xlarge 2xlarge 4xlarge 12xlarge 24xlarge', TP: '8xlarge 16xlarge' } },
  { family: 'r5d', gibPerVcpu: 8, localNvme: true, sizes: { TPE: 'large xlarge 2xlarge 4xlarge 12xlarge 24xlarge', TP: '8xlarge 16xlarge' } },
  { family: 'r6i', gibPerVcpu: 8, efa: '32xlarge', sizes: { TPE: 'large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge 24xlarge 32xlarge' } },
  { family: 'r7i', gibPerVcpu: 8, efa: '48xlarge', sizes: { TPE: 'large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge 24xlarge 48xlarge' } },
];

type AcceleratedRow = readonly [
  type: string,
  accelerator: Accelerator,
  accelerators: number,
  vcpus: number,
  memoryGiB: number,
  uses: Uses,
  storage: 'nvme' | 'ebs',
  network?: 'efa',
];

// prettier-ignore
const ACCELERATED: readonly AcceleratedRow[] = [
  ['g4dn.xlarge',   't4',        1,   4,   16, 'TPE', 'nvme'],
  ['g4dn.2xlarge',  't4',        1,   8,   32, 'TPE', 'nvme'],
  ['g4dn.4xlarge',  't4',        1,  16,   64, 'TPE', 'nvme'],
  ['g4dn.8xlarge',  't4',        1,  32,  128, 'TPE', 'nvme', 'efa'],
  ['g4dn.16xlarge', 't4',        1,  64,  256, 'TPE', 'nvme', 'efa'],
  ['g4dn.12xlarge', 't4',        4,  48,  192, 'TPE', 'nvme', 'efa'],

  ['g5.xlarge',     'a10g',      1,   4,   16, 'TPE', 'nvme'],
  ['g5.2xlarge',    'a10g',      1,   8,   32, 'TPE', 'nvme'],
  ['g5.4xlarge',    'a10g',      1,  16,   64, 'TPE', 'nvme'],
  ['g5.8xlarge',    'a10g',      1,  32,  128, 'TPE', 'nvme', 'efa'],
  ['g5.16xlarge',   'a10g',      1,  64,  256, 'TPE', 'nvme', 'efa'],
  ['g5.12xlarge',   'a10g',      4,  48,  192, 'TPE', 'nvme', 'efa'],
  ['g5.24xlarge',   'a10g',      4,  96,  384, 'TPE', 'nvme', 'efa'],
  ['g5.48xlarge',   'a10g',      8, 192,  768, 'TPE', 'nvme', 'efa'],

  ['g6.xlarge',     'l4',        1,   4,   16, 'TPE', 'nvme'],
  ['g6.2xlarge',    'l4',        1,   8,   32, 'TPE', 'nvme'],
  ['g6.4xlarge',    'l4',        1,  16,   64, 'TPE', 'nvme'],
  ['g6.8xlarge',    'l4',        1,  32,  128, 'TPE', 'nvme', 'efa'],
  ['g6.16xlarge',   'l4',        1,  64,  256, 'TPE', 'nvme', 'efa'],
  ['g6.12xlarge',   'l4',        4,  48,  192, 'TPE', 'nvme', 'efa'],
  ['g6.24xlarge',   'l4',        4,  96,  384, 'TPE', 'nvme', 'efa'],
  ['g6.48xlarge',   'l4',        8, 192,  768, 'TPE', 'nvme', 'efa'],

  ['g6e.xlarge',    'l40s',      1,   4,   32, 'TPE', 'nvme'],
  ['g6e.2xlarge',   'l40s',      1,   8,   64, 'TPE', 'nvme'],
  ['g6e.4xlarge',   'l40s',      1,  16,  128, 'TPE', 'nvme'],
  ['g6e.8xlarge',   'l40s',      1,  32,  256, 'TPE', 'nvme', 'efa'],
  ['g6e.16xlarge',  'l40s',      1,  64,  512, 'TPE', 'nvme', 'efa'],
  ['g6e.12xlarge',  'l40s',      4,  48,  384, 'TPE', 'nvme', 'efa'],
  ['g6e.24xlarge',  'l40s',      4,  96,  768, 'TPE', 'nvme', 'efa'],
  ['g6e.48xlarge',  'l40s',      8, 192, 1536, 'TPE', 'nvme', 'efa'],

  // EC2 no longer lists p3; SageMaker still accepts it.
  ['p3.2xlarge',    'v100',      1,   8,   61, 'TPE', 'ebs'],
  ['p3.8xlarge',    'v100',      4,  32,  244, 'TPE', 'ebs'],
  ['p3.16xlarge',   'v100',      8,  64,  488, 'TPE', 'ebs'],

  ['p4d.24xlarge',  'a100',      8,  96, 1152, 'TE',  'nvme', 'efa'],
  ['p4de.24xlarge', 'a100-80gb', 8,  96, 1152, 'TE',  'nvme', 'efa'],

  ['p5.4xlarge',    'h100',      1,  16,  256, 'TPE', 'nvme', 'efa'],
  ['p5.48xlarge',   'h100',      8, 192, 2048, 'TE',  'nvme', 'efa'],

  ['p5e.48xlarge',  'h200',      8, 192, 2048, 'TE',  'nvme', 'efa'],
  ['p5en.48xlarge', 'h200',      8, 192, 2048, 'TE',  'nvme', 'efa'],
];

/** Machines of SageMaker: CPU machines for x86-64, and every accelerated one with an accelerator of the catalogue. */
export const AWS_MACHINES: readonly AwsMachine[] = [
  ...CPU_FAMILIES.flatMap(cpuMachines),
  ...ACCELERATED.map(acceleratedMachine),
];

function cpuMachines({ family, gibPerVcpu, localNvme = false, efa, sizes }: CpuFamily): AwsMachine[] {
  return (Object.keys(sizes) as Uses[]).flatMap((uses) =>
    (sizes[uses] ?? '').split(' ').map((size) => ({
      cloud: 'aws',
      name: `ml.${family}.${size}`,
      uses: USES[uses],
      accelerator: 'cpu',
      accelerators: 0,
      vcpus: vcpusOf(size),
      memoryGiB: vcpusOf(size) * gibPerVcpu,
      localNvme,
      efa: size === efa,
    })),
  );
}

/** In these families `large` is 2 vCPUs, `xlarge` 4 and `<n>xlarge` n × 4. */
function vcpusOf(size: string): number {
  if (size === 'large') return 2;
  return 4 * Number(size.replace('xlarge', '') || 1);
}

function acceleratedMachine(row: AcceleratedRow): AwsMachine {
  const [type, accelerator, accelerators, vcpus, memoryGiB, uses, storage, network] = row;
  return {
    cloud: 'aws',
    name: `ml.${type}`,
    uses: USES[uses],
    accelerator,
    accelerators,
    vcpus,
    memoryGiB,
    localNvme: storage === 'nvme',
    efa: network === 'efa',
  };
}
