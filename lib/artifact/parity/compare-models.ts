import { IssueError, type Issue } from '../../issue';
import type { Tensor } from '../tensor';
import { compareOutput, type OutputParity } from './compare-output';
import { correspond, renameKeys, type NameMap } from './correspondence';
import { firstDivergence, type Divergence } from './divergence/first-divergence';
import { makeUpSamples } from './make-up-samples';
import { openModel } from './open-model';
import type { ParitySample } from './parity-sample';
import type { RandomSamplesOptions } from './random-samples';
import { initialState, runSamples } from './run-samples';
import type { RunnableModel, RunOptions } from './runnable-model';
import type { ParityTolerance } from './tolerance';

type Tensors = Readonly<Record<string, Tensor>>;

export interface CompareOptions extends RunOptions {
  /** For every output. @default - by element type: 1e-4, 2^-10 for float16, exact for whole numbers */
  readonly tolerance?: ParityTolerance;
  /** For single outputs, by the reference's names, in place of `tolerance`. @default - none */
  readonly tolerances?: Readonly<Record<string, ParityTolerance>>;
  /** The candidate's names by the reference's. @default - the same name, else the same place */
  readonly names?: { readonly inputs?: NameMap; readonly outputs?: NameMap };
  /**
   * Makes the samples one sequence: after each, these outputs are fed to these inputs, each model's own
   * to itself, so that errors add up as they do in service. By the reference's names:
   * `{ stateN: 'state' }`. A state that the first sample does not give starts as zeros, of size 1 where
   * the input's size varies.
   *
   * @default - every sample by itself
   */
  readonly state?: NameMap;
  /** Where two ONNX files differ, looks for the first node that does, on the first sample. @default false */
  readonly divergence?: boolean;
}

/** How far two models are apart. */
export interface Parity {
  readonly verdict: 'passed' | 'failed';
  /** Files as they were given; `"recorded"` for the outputs of a framework. */
  readonly reference: string;
  readonly candidate: string;
  /** The candidate's inputs by the reference's names. */
  readonly inputs: NameMap;
  readonly outputs: readonly OutputParity[];
  readonly findings: readonly Issue[];
  /** Absent where it was not asked for, or the models agree. */
  readonly divergence?: Divergence;
}

/**
 * Runs two models on the same inputs and says how far their outputs are apart.
 *
 * @param reference an `.onnx` or `.tflite` file, or `"recorded"`: the outputs that the samples carry
 * @param candidate an `.onnx` or `.tflite` file
 * @param samples what both are run on, or how to make it up
 * @throws IssueError when a model does not load or run, or has inputs or outputs without counterpart
 */
export async function compareModels(
  reference: string,
  candidate: string,
  samples: readonly ParitySample[] | RandomSamplesOptions,
  options: CompareOptions = {},
): Promise<Parity> {
  const models: RunnableModel[] = [];
  try {
    if (reference !== 'recorded') models.push(await openModel(reference, options));
    const right = await openModel(candidate, options);
    models.push(right);
    const left = models.length === 2 ? models[0] : undefined;
    const { names, state = {} } = options;
    const recorded = isList(samples) ? samples[0] : undefined;
    const inputs = correspond('input', left?.inputs ?? recorded?.tensors, right.inputs, names?.inputs);
    const outputs = correspond('output', left?.outputs ?? recorded?.outputs, right.outputs, names?.outputs);
    const given = isList(samples)
      ? samples
      : makeUpSamples(left ?? right, right, inputs, Object.values(state), samples);
    const [first] = given;
    if (!first) throw noSamples();

    const expected = left
      ? await runSamples(
          left,
          given.map(({ tensors }) => tensors),
          state,
        )
      : given.map((sample) => sample.outputs ?? {});
    const feeds = given.map(({ tensors }) => renameKeys(tensors, inputs));
    const actual = await runSamples(right, feeds, renameState(state, outputs, inputs));

    const judged = Object.entries(outputs).map(([name, candidateName]) => {
      const pairs = given.map(({ id }, index) => {
        return { sample: id, reference: expected[index]?.[name], candidate: actual[index]?.[candidateName] };
      });
      return compareOutput({ name, candidateName }, pairs, options.tolerances?.[name] ?? options.tolerance);
    });
    const findings = judged.flatMap((output) => output.findings);
    const look = options.divergence === true && findings.length > 0 && left;
    const initial = look ? { ...initialState(look, Object.values(state)), ...first.tensors } : {};
    return {
      verdict: findings.length > 0 ? 'failed' : 'passed',
      reference,
      candidate,
      inputs,
      outputs: judged.flatMap(({ parity }) => parity ?? []),
      findings,
      ...(look && { divergence: await diverge(reference, candidate, initial, { ...options, inputs }) }),
    };
  } finally {
    await Promise.all(models.map((model) => model.stop()));
  }
}

/** @throws IssueError when one of the models is not ONNX */
function diverge(
  reference: string,
  candidate: string,
  feeds: Tensors,
  options: RunOptions & { readonly inputs: NameMap },
): Promise<Divergence> {
  const { startTimeoutMs, runTimeoutMs, inputs } = options;
  return firstDivergence({ file: reference }, { file: candidate }, feeds, {
    startTimeoutMs,
    runTimeoutMs,
    inputs,
  });
}

function renameState(state: NameMap, outputs: NameMap, inputs: NameMap): NameMap {
  const renamed = Object.entries(state).map(
    ([output, input]) => [outputs[output] ?? output, inputs[input] ?? input] as const,
  );
  return Object.fromEntries(renamed);
}

function isList(samples: readonly ParitySample[] | RandomSamplesOptions): samples is readonly ParitySample[] {
  return Array.isArray(samples);
}

function noSamples(): IssueError {
  const issue = { code: 'parity-samples', path: 'samples', message: 'are none', fix: 'give at least one' };
  return new IssueError('compare', [issue]);
}
