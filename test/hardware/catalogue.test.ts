import {
  ProcessingInstanceType,
  ProductionVariantInstanceType,
  TrainingInstanceType,
} from '@aws-sdk/client-sagemaker';
import { ACCELERATORS, findMachine, MACHINES, type Machine, type MachineUse } from '../../lib/hardware';

const SAGEMAKER_TYPES: Record<MachineUse, readonly string[]> = {
  training: Object.values(TrainingInstanceType),
  processing: Object.values(ProcessingInstanceType),
  endpoint: Object.values(ProductionVariantInstanceType),
};
const AWS = MACHINES.filter((machine) => machine.cloud === 'aws');
const GOOGLE = MACHINES.filter((machine) => machine.cloud === 'google');

describe('accelerators', () => {
  test('are listed by memory, smallest first', () => {
    const memory = Object.values(ACCELERATORS).map(({ memoryGiB }) => memoryGiB);
    expect(memory).toEqual(memory.toSorted((a, b) => a - b));
  });

  test.each(Object.entries(ACCELERATORS))('%s leaves less memory to a program than is sold', (_, spec) => {
    expect(spec.memoryGiB).toBeLessThan(spec.memoryGB);
    expect(spec.memoryGiB).toBeGreaterThan(0.85 * spec.memoryGB);
    expect(spec.source).toMatch(/^https:/);
  });

  test.each(Object.keys(ACCELERATORS))('%s is on a machine of some cloud', (accelerator) => {
    expect(MACHINES.some((machine) => machine.accelerator === accelerator)).toBe(true);
  });
});

describe('machines', () => {
  test('have names of their own', () => {
    const names = MACHINES.map(({ name }) => name);
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  });

  test('have accelerators exactly where they are not CPU machines', () => {
    const wrong = MACHINES.filter((machine) => machine.accelerators > 0 === (machine.accelerator === 'cpu'));
    expect(wrong).toEqual([]);
  });

  test.each(AWS)('$name has the uses that the SageMaker API accepts', ({ name, uses }) => {
    const accepted = Object.keys(SAGEMAKER_TYPES).filter((use) =>
      SAGEMAKER_TYPES[use as MachineUse].includes(name),
    );
    expect(uses.toSorted()).toEqual(accepted.toSorted());
  });

  test('hold every size of the families they take from SageMaker', () => {
    const families = new Set(AWS.map(({ name }) => name.split('.')[1]));
    const missing = Object.values(SAGEMAKER_TYPES)
      .flat()
      .filter((type) => families.has(type.split('.')[1]) && findMachine(type) === undefined);
    expect(missing).toEqual([]);
  });

  test.each<Machine>([
    {
      cloud: 'aws',
      name: 'ml.c5.9xlarge',
      uses: ['training', 'processing', 'endpoint'],
      accelerator: 'cpu',
      accelerators: 0,
      vcpus: 36,
      memoryGiB: 72,
      localNvme: false,
      efa: false,
    },
    {
      cloud: 'aws',
      name: 'ml.m5d.large',
      uses: ['endpoint'],
      accelerator: 'cpu',
      accelerators: 0,
      vcpus: 2,
      memoryGiB: 8,
      localNvme: true,
      efa: false,
    },
    {
      cloud: 'aws',
      name: 'ml.r7i.48xlarge',
      uses: ['training', 'processing', 'endpoint'],
      accelerator: 'cpu',
      accelerators: 0,
      vcpus: 192,
      memoryGiB: 1536,
      localNvme: false,
      efa: true,
    },
    {
      cloud: 'aws',
      name: 'ml.g4dn.xlarge',
      uses: ['training', 'processing', 'endpoint'],
      accelerator: 't4',
      accelerators: 1,
      vcpus: 4,
      memoryGiB: 16,
      localNvme: true,
      efa: false,
    },
    {
      cloud: 'aws',
      name: 'ml.p4d.24xlarge',
      uses: ['training', 'endpoint'],
      accelerator: 'a100',
      accelerators: 8,
      vcpus: 96,
      memoryGiB: 1152,
      localNvme: true,
      efa: true,
    },
    {
      cloud: 'google',
      name: 'e2-standard-4',
      machineType: 'e2-standard-4',
      uses: ['training', 'processing', 'endpoint'],
      accelerator: 'cpu',
      accelerators: 0,
      vcpus: 4,
      memoryGiB: 16,
    },
    {
      cloud: 'google',
      name: 'n1-standard-8+2xt4',
      machineType: 'n1-standard-8',
      acceleratorType: 'NVIDIA_TESLA_T4',
      uses: ['training', 'processing', 'endpoint'],
      accelerator: 't4',
      accelerators: 2,
      vcpus: 8,
      memoryGiB: 30,
    },
    {
      cloud: 'google',
      name: 'a2-ultragpu-1g',
      machineType: 'a2-ultragpu-1g',
      acceleratorType: 'NVIDIA_A100_80GB',
      uses: ['training', 'processing', 'endpoint'],
      accelerator: 'a100-80gb',
      accelerators: 1,
      vcpus: 12,
      memoryGiB: 170,
    },
  ])('$name is found by its name', (machine) => {
    expect(findMachine(machine.name)).toEqual(machine);
  });

  test('of NVIDIA families all have instance store on AWS, but p3', () => {
    const without = AWS.filter((machine) => machine.accelerators > 0 && !machine.localNvme);
    expect(without.map(({ name }) => name)).toEqual(['ml.p3.2xlarge', 'ml.p3.8xlarge', 'ml.p3.16xlarge']);
  });

  test('of Google with accelerators name their type', () => {
    const unnamed = GOOGLE.filter(
      (machine) => machine.accelerators > 0 && machine.acceleratorType === undefined,
    );
    expect(unnamed).toEqual([]);
  });

  test('are found on the cloud asked for only, and unknown names are not', () => {
    expect(findMachine('ml.g4dn.xlarge', 'aws')?.localNvme).toBe(true);
    expect(findMachine('ml.g4dn.xlarge', 'google')).toBeUndefined();
    expect(findMachine('ml.x9.xlarge')).toBeUndefined();
    expect(findMachine('${Token[TOKEN.12]}')).toBeUndefined();
  });
});
