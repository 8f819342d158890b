import { IssueError } from '../../lib/issue';
import { pickMachine, type Cloud, type MachineUse } from '../../lib/hardware';
import type { MachineRequest } from '../../lib/pipeline/definition';

test.each<[MachineRequest, Cloud, MachineUse, string]>([
  [{}, 'aws', 'training', 'ml.m5.large'],
  [{}, 'aws', 'endpoint', 'ml.m5.large'],
  [{ memoryGiB: 4 }, 'aws', 'endpoint', 'ml.c5.large'],
  [{ memoryGiB: 4 }, 'aws', 'training', 'ml.c7i.large'],
  [{ memoryGiB: 9 }, 'aws', 'processing', 'ml.r5.large'],
  [{ memoryGiB: 1000 }, 'aws', 'training', 'ml.r6i.32xlarge'],
  [{ accelerator: 't4' }, 'aws', 'endpoint', 'ml.g4dn.xlarge'],
  [{ accelerator: 't4', memoryGiB: 17 }, 'aws', 'endpoint', 'ml.g4dn.2xlarge'],
  [{ accelerator: 't4', accelerators: 2 }, 'aws', 'training', 'ml.g4dn.12xlarge'],
  [{ accelerator: 'a10g', accelerators: 4, memoryGiB: 200 }, 'aws', 'training', 'ml.g5.24xlarge'],
  [{ accelerator: 'l40s', accelerators: 8 }, 'aws', 'processing', 'ml.g6e.48xlarge'],
  [{ accelerator: 'h100' }, 'aws', 'processing', 'ml.p5.4xlarge'],
  [{ accelerator: 'a100' }, 'aws', 'endpoint', 'ml.p4d.24xlarge'],
  [{ accelerator: 'h200' }, 'aws', 'training', 'ml.p5e.48xlarge'],
  [{}, 'google', 'endpoint', 'e2-standard-2'],
  [{}, 'google', 'training', 'n1-standard-4'],
  [{ accelerator: 't4', memoryGiB: 16 }, 'google', 'endpoint', 'n1-standard-8+t4'],
  [{ accelerator: 'l4' }, 'google', 'processing', 'g2-standard-4'],
  [{ accelerator: 'l4', accelerators: 3 }, 'google', 'training', 'g2-standard-48'],
  [{ accelerator: 'a100', accelerators: 16 }, 'google', 'training', 'a2-megagpu-16g'],
])('%j on %s for %s is %s', (request, cloud, use, name) => {
  expect(pickMachine(request, { cloud, use }).name).toBe(name);
});

test('the machine of AWS tells whether it has instance store', () => {
  expect(pickMachine({ accelerator: 'l4' }, { cloud: 'aws', use: 'endpoint' }).localNvme).toBe(true);
});

test('the machine of Google tells what to put into a machine spec', () => {
  const { machineType, acceleratorType, accelerators } = pickMachine(
    { accelerator: 't4', memoryGiB: 16 },
    { cloud: 'google', use: 'endpoint' },
  );
  expect([machineType, acceleratorType, accelerators]).toEqual(['n1-standard-8', 'NVIDIA_TESLA_T4', 1]);
});

test.each<[string, MachineRequest, Cloud, MachineUse, string, string, string]>([
  [
    'an accelerator the cloud lacks',
    { accelerator: 'a10g' },
    'google',
    'endpoint',
    'machine-accelerator-not-on-cloud',
    'Vertex AI has no machine with a10g (21 GiB each)',
    'use l4 (21 GiB each), for example g2-standard-4',
  ],
  [
    'an accelerator the cloud lacks, in a number and with memory it has with none',
    { accelerator: 'l40s', accelerators: 99, memoryGiB: 9999 },
    'google',
    'endpoint',
    'machine-accelerator-not-on-cloud',
    'Vertex AI has no machine with l40s (44 GiB each)',
    'use a100-80gb (79 GiB each), for example a2-ultragpu-1g',
  ],
  [
    'an accelerator the cloud does not offer for the use',
    { accelerator: 'a100', memoryGiB: 64 },
    'aws',
    'processing',
    'machine-not-for-use',
    'SageMaker offers a100 (39 GiB each) for training and endpoints, not for processing',
    'use l40s (44 GiB each), for example ml.g6e.2xlarge',
  ],
  [
    'an accelerator with more memory than any that is offered for the use',
    { accelerator: 'h200' },
    'aws',
    'processing',
    'machine-not-for-use',
    'SageMaker offers h200 (139 GiB each) for training and endpoints, not for processing',
    'use h100 (79 GiB each), for example ml.p5.4xlarge',
  ],
  [
    'more accelerators than a machine has',
    { accelerator: 't4', accelerators: 8, memoryGiB: 500 },
    'aws',
    'training',
    'machine-accelerators-too-many',
    'asks for 8 t4; SageMaker has at most 4 on a machine for training (ml.g4dn.12xlarge)',
    'ask for at most 4, or use a10g (21 GiB each), for example ml.g5.48xlarge',
  ],
  [
    'more accelerators than any machine has',
    { accelerator: 't4', accelerators: 17 },
    'aws',
    'training',
    'machine-accelerators-too-many',
    'asks for 17 t4; SageMaker has at most 4 on a machine for training (ml.g4dn.12xlarge)',
    'ask for at most 4',
  ],
  [
    'more memory than comes with the accelerators',
    { accelerator: 't4', accelerators: 2, memoryGiB: 300 },
    'aws',
    'endpoint',
    'machine-memory-too-large',
    'asks for 300 GiB of memory; SageMaker has at most 192 GiB with 2 t4 for endpoints (ml.g4dn.12xlarge)',
    'ask for at most 192 GiB, or use v100 (15 GiB each), for example ml.p3.16xlarge',
  ],
  [
    'more memory than a CPU machine has',
    { memoryGiB: 4000 },
    'aws',
    'processing',
    'machine-memory-too-large',
    'asks for 4000 GiB of memory; SageMaker has at most 1536 GiB without an accelerator for processing (ml.r7i.48xlarge)',
    'ask for at most 1536 GiB',
  ],
  [
    'accelerators on a CPU machine',
    { accelerators: 2 },
    'aws',
    'training',
    'machine-accelerators-of-cpu',
    'asks for 2 accelerators on a "cpu" machine',
    'name the accelerator, or leave `accelerators` out',
  ],
  [
    'an unknown accelerator',
    { accelerator: 'k80' as 't4' },
    'aws',
    'training',
    'machine-accelerator-unknown',
    'accelerator "k80" is not known',
    'use one of cpu, t4, v100, a10g, l4, a100, l40s, a100-80gb, h100, h200',
  ],
])('explains %s', (_, request, cloud, use, code, message, fix) => {
  const path = 'deployment.endpoint.machine';
  const pick = () => pickMachine(request, { cloud, use, path });
  expect(pick).toThrow(new IssueError('machine', [{ code, path, message, fix }]));
});

test('names the path "machine" where it is told none', () => {
  expect(() => pickMachine({ memoryGiB: 4000 }, { cloud: 'aws', use: 'training' })).toThrow(
    /^ {2}machine: asks/m,
  );
});
