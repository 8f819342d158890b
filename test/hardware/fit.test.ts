import { checkModelFits, findMachine, memoryNeeded, type Machine } from '../../lib/hardware';

const GIB = 2 ** 30;

test('a GPU needs 1.2 times the weights and 1 GiB', () => {
  expect(memoryNeeded(10 * GIB, 'l4')).toBeCloseTo(13);
});

test('main memory needs twice the weights and 1 GiB', () => {
  expect(memoryNeeded(10 * GIB, 'cpu')).toBeCloseTo(21);
});

test.each([
  ['ml.m5.large', 3.5],
  ['ml.g4dn.xlarge', 10.8],
  ['ml.p4d.24xlarge', 31.6],
  ['g2-standard-4', 16.6],
])('%s serves a model of up to %d GiB', (name, gib) => {
  expect(fit(name, gib)).toEqual([]);
  expect(fit(name, gib + 0.1)).toHaveLength(1);
});

test.each([
  [
    'ml.m5.large',
    6,
    'serving a model of 6.0 GiB takes about 13.0 GiB of memory; ml.m5.large has 8 GiB',
    'ask for memoryGiB 16 (ml.r5.large), or make the model smaller, for example with optimization.quantize',
  ],
  [
    'ml.g4dn.xlarge',
    20,
    'serving a model of 20.0 GiB takes about 25.0 GiB of memory; each t4 of ml.g4dn.xlarge has 14 GiB',
    'ask for accelerator "l40s" (ml.g6e.xlarge), or make the model smaller, for example with optimization.quantize',
  ],
  [
    'n1-standard-4+4xt4',
    12,
    'serving a model of 12.0 GiB takes about 15.4 GiB of memory; each t4 of n1-standard-4+4xt4 has 14 GiB',
    'ask for accelerator "l4" (g2-standard-4), or make the model smaller, for example with optimization.quantize',
  ],
  [
    'ml.g5.xlarge',
    300,
    'serving a model of 300.0 GiB takes about 361.0 GiB of memory; each a10g of ml.g5.xlarge has 21 GiB',
    'make the model smaller: no machine of the catalogue has the memory',
  ],
])('%s does not serve a model of %d GiB', (name, gib, message, fix) => {
  expect(fit(name, gib)).toEqual([
    { code: 'model-does-not-fit', path: 'deployment.endpoint.machine', message, fix },
  ]);
});

function fit(name: string, gib: number) {
  return checkModelFits({
    modelBytes: gib * GIB,
    machine: machine(name),
    path: 'deployment.endpoint.machine',
  });
}

function machine(name: string): Machine {
  const found = findMachine(name);
  if (found === undefined) throw new Error(`no machine ${name}`);
  return found;
}
