import type { Issue } from '../../issue';
import type { Dtype } from '../../pipeline/definition';
import type { Subject } from '../subject';
import { allocate, numberToFloat16, toNumbers, type Tensor } from '../tensor';
import { judged, passed, skipped, type Check, type Outcome } from './check';

const MAX_FINITE: Readonly<Partial<Record<Dtype, number>>> = {
  float16: 65504,
  float32: (2 - 2 ** -23) * 2 ** 127,
  float64: Number.MAX_VALUE,
};

/** What every floating-point input is filled with, in turn. */
const PROBES: Readonly<Record<string, (max: number) => number>> = {
  '0': () => 0,
  '1e4': () => 1e4,
  '-1e4': () => -1e4,
  largest: (max) => max,
  smallest: (max) => -max,
  NaN: () => NaN,
  Infinity: () => Infinity,
};

interface Probe {
  readonly fill: string;
  /** Outputs that hold NaN or an infinity. */
  readonly nonFinite: readonly string[];
}

/** Measures, judges nothing: which outputs stop being numbers when inputs are extreme, or none themselves. */
export const extremes: Check = {
  id: 'extremes',
  title: 'Answers to extreme inputs (measured, not judged)',
  after: ['run'],
  run: async (subject) => {
    const probes = await probe(subject);
    return probes.length === 0 ? nothingToProbe() : passed(describe(probes), toData(probes));
  },
};

/**
 * A check that finite inputs, extreme as they may be, give finite answers. To be asked for where inputs
 * are not bounded by preprocessing; many sound models overflow for the largest numbers of a type.
 */
export const finiteExtremes: Check = {
  id: 'finite-extremes',
  title: 'Extreme finite inputs give finite answers',
  after: ['run'],
  run: async (subject) => {
    const probes = await probe(subject);
    if (probes.length === 0) return nothingToProbe();
    const findings = probes
      .filter(({ fill }) => fill !== 'NaN' && fill !== 'Infinity')
      .flatMap(({ fill, nonFinite }) => nonFinite.map((output) => finding(subject.file, fill, output)));
    return judged(findings, 'extreme inputs break it', describe(probes), toData(probes));
  },
};

async function probe(subject: Subject): Promise<Probe[]> {
  const tensors = Object.entries(subject.golden()?.samples[0]?.tensors ?? {});
  if (!tensors.some(([, { dtype }]) => MAX_FINITE[dtype] !== undefined)) return [];
  const process = await subject.process();
  const probes: Probe[] = [];
  for (const [fill, valueOf] of Object.entries(PROBES)) {
    const feeds = tensors.map(([name, tensor]) => [name, filled(tensor, valueOf)] as const);
    const outputs = Object.entries(await process.run(Object.fromEntries(feeds)));
    probes.push({ fill, nonFinite: outputs.filter(([, tensor]) => !isFinite(tensor)).map(([name]) => name) });
  }
  return probes;
}

function filled(tensor: Tensor, valueOf: (max: number) => number): Tensor {
  const max = MAX_FINITE[tensor.dtype];
  if (max === undefined) return tensor;
  const value = valueOf(max);
  const data = allocate(tensor.dtype, tensor.data.length) as Float32Array;
  return { ...tensor, data: data.fill(tensor.dtype === 'float16' ? numberToFloat16(value) : value) };
}

function isFinite(tensor: Tensor): boolean {
  return tensor.dtype === 'string' || toNumbers(tensor).every(Number.isFinite);
}

function describe(probes: readonly Probe[]): string {
  const broken = probes.filter(({ nonFinite }) => nonFinite.length > 0);
  if (broken.length === 0) return 'finite for all of them, NaN and infinity as inputs included';
  return `NaN or infinity for inputs of ${broken.map(({ fill }) => fill).join(', ')}`;
}

function toData(probes: readonly Probe[]): Record<string, readonly string[]> {
  return Object.fromEntries(probes.map(({ fill, nonFinite }) => [fill, nonFinite]));
}

function nothingToProbe(): Outcome {
  return skipped('no input is of floating-point numbers');
}

function finding(path: string, fill: string, output: string): Issue {
  const message = `output "${output}" holds NaN or infinity where all inputs are ${fill === 'largest' ? 'the largest number of their type' : fill === 'smallest' ? 'the smallest number of their type' : fill}`;
  const fix = 'clip the inputs in preprocessing, or the values inside the model before exp, log and division';
  return { code: 'finite-extremes', path, message, fix };
}
