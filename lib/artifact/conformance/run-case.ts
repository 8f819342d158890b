import { IssueError } from '../../issue';
import { readStructure } from '../onnx/read-model';
import type { ModelProto, ValueInfoProto } from '../onnx/onnx_pb';
import { compareTensors } from '../compare';
import type { ModelProcess } from '../runtime/model-process';
import type { RuntimePool } from '../runtime/runtime-pool';
import { elementCount, type AnyTensor, type ElementType } from '../tensor';
import { readTensorProto } from '../tensor-proto';
import type { ConformanceCase, DataSet } from './cases';
import { randomnessOf, refusalOf } from './refusal';
import type { CaseResult } from './result';

type Tensors = Record<string, AnyTensor>;

/** Accepted share of the largest |expected|: two Fourier transforms in float32 differ by less. */
const NORM_TOLERANCE = 1e-6;

const TIMEOUTS = { startTimeoutMs: 20_000, runTimeoutMs: 20_000 } as const;

/** Runs one case in a process of the pool and says how it went. */
export async function runCase(pool: RuntimePool, conformance: ConformanceCase): Promise<CaseResult> {
  const { name } = conformance;
  let model: ModelProto | undefined;
  try {
    model = readStructure(conformance.model).model;
    const process = await pool.start(conformance.model, { adaptTypes: true, ...TIMEOUTS });
    try {
      return { name, ...(await answer(process, model, conformance)) };
    } finally {
      await process.stop();
    }
  } catch (error) {
    const issue = error instanceof IssueError ? error.issues[0] : undefined;
    if (!issue) throw error;
    const refusal = model && refusalOf(issue, model);
    if (refusal) return { name, verdict: 'refused', ...refusal };
    return { name, verdict: 'failed', cause: issue.code, detail: issue.message };
  }
}

type Verdict = CaseResult extends infer Result
  ? Result extends CaseResult
    ? Omit<Result, 'name'>
    : never
  : never;

async function answer(
  process: ModelProcess<ElementType>,
  model: ModelProto,
  conformance: ConformanceCase,
): Promise<Verdict> {
  for (const dataSet of conformance.dataSets) {
    const { feeds, expected } = readDataSet(dataSet, process, model);
    const actual = await process.run(feeds);
    const difference = firstDifference(actual, expected, conformance);
    if (difference === undefined) continue;
    const refusal = randomnessOf(model);
    if (refusal) return { verdict: 'refused', ...refusal };
    return { verdict: 'failed', cause: 'difference', detail: difference };
  }
  return { verdict: 'passed' };
}

/** Files go with the graph's inputs and outputs by their order; an input without a file has a default. */
function readDataSet(
  { inputs, outputs }: DataSet,
  process: ModelProcess<ElementType>,
  { graph }: ModelProto,
): { readonly feeds: Tensors; readonly expected: Tensors } {
  return {
    feeds: inputs ? readAll(inputs, graph?.input ?? []) : madeInputs(process),
    expected: readAll(outputs, graph?.output ?? []),
  };
}

function readAll(files: readonly string[], values: readonly ValueInfoProto[]): Tensors {
  return Object.fromEntries(
    files.map((file, index) => [values[index]?.name ?? file, readTensorProto(file).tensor]),
  );
}

/** float32 inputs of numbers from 0 to 1 in equal steps; sizes that vary are 1. */
function madeInputs({ inputs }: ModelProcess<ElementType>): Tensors {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, spec]) => {
      const shape = spec.shape.map((size) => (typeof size === 'number' ? size : 1));
      const count = elementCount(shape);
      const data = Float32Array.from({ length: count }, (_, index) => index / count);
      return [name, { dtype: 'float32', shape, data }];
    }),
  );
}

function firstDifference(
  actual: Tensors,
  expected: Tensors,
  { relative, absolute }: ConformanceCase,
): string | undefined {
  for (const [name, want] of Object.entries(expected)) {
    const got = actual[name];
    if (got?.dtype !== want.dtype || String(got.shape) !== String(want.shape)) {
      return `output "${name}" is ${format(got)}, wanted ${format(want)}`;
    }
    const { passed, worstIndex } = compareTensors(got, want, { relative, absolute, norm: NORM_TOLERANCE });
    if (passed) continue;
    const [g, w] = [got, want].map(({ data }) => String(data[worstIndex]));
    return `output "${name}" is ${g} at index ${worstIndex}, wanted ${w}`;
  }
  return undefined;
}

function format(tensor: AnyTensor | undefined): string {
  return tensor ? `${tensor.dtype} [${tensor.shape.join(', ')}]` : 'missing';
}
