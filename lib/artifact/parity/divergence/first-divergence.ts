import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { IssueError } from '../../../issue';
import type { Tensor } from '../../tensor';
import { renameKeys, type NameMap } from '../correspondence';
import { judgeOutput } from '../judge-output';
import { measureOutput, type OutputMeasures } from '../measure-output';
import type { RunOptions } from '../runnable-model';
import { elementLimits, UNJUDGED, type ParityTolerance } from '../tolerance';
import { GraphProbe, type ModelVariant } from './graph-probe';
import { tensorPairs, type TracedNode, type TracedTensor } from './tensor-pairs';

export interface DivergenceOptions extends RunOptions {
  /**
   * What a tensor inside the models may differ by.
   *
   * @default - `norm` 1e-4; 1e-2 where one of the two is float16
   */
  readonly tolerance?: ParityTolerance;
  /** The candidate's inputs by the reference's names. @default - the same names */
  readonly inputs?: NameMap;
}

export interface Divergence {
  /** The first tensor, in the order the reference makes them, that differs; absent where none does. */
  readonly first?: DivergentTensor;
  /** Tensors compared, up to and with the first that differs. */
  readonly compared: number;
  /** Tensors that both have and that could not be compared: no tensors to onnxruntime's Node binding, or of another shape. */
  readonly skipped: number;
}

export interface DivergentTensor {
  readonly name: string;
  readonly candidateName: string;
  /** The node of the reference that makes it. */
  readonly node: TracedNode;
  readonly measures: OutputMeasures;
  /** Largest |difference| of those inputs of the node that were compared. */
  readonly inputs: Readonly<Record<string, number>>;
}

/** Tensors exposed at once at first, and bytes of them that further batches are made for. */
const FIRST_BATCH = 32;
const BATCH_BYTES = 256 * 2 ** 20;

/**
 * Finds where two ONNX models begin to compute something else: every tensor that both graphs make is
 * exposed as an output, in batches, and compared in the order in which the reference makes them.
 * Models of one origin share the names of tensors or nodes: a float16 or quantised conversion, or the
 * same file under another optimisation level or provider. Tensors of subgraphs are not looked into.
 *
 * Both graphs are run as they are, without optimisation, since an exposed tensor would not be fused
 * away; an optimised variant is written to a file first, and what of its tensors is left is compared.
 *
 * @param feeds inputs of one run
 * @throws IssueError when a model does not load or run, or the graphs have no tensor in common
 */
export async function firstDivergence(
  reference: ModelVariant,
  candidate: ModelVariant,
  feeds: Readonly<Record<string, Tensor>>,
  options: DivergenceOptions = {},
): Promise<Divergence> {
  const candidateFeeds = options.inputs ? renameKeys(feeds, options.inputs) : feeds;
  const directory = mkdtempSync(join(tmpdir(), 'divergence-'));
  const probes: GraphProbe[] = [];
  const open = async (variant: ModelVariant, name: string, inputs: typeof feeds) => {
    const probe = await GraphProbe.open(variant, join(directory, name), inputs, options);
    probes.push(probe);
    return probe;
  };
  try {
    const left = await open(reference, 'reference', feeds);
    const right = await open(candidate, 'candidate', candidateFeeds);
    const pairs = tensorPairs(left.model, right.model);
    if (pairs.length === 0) throw unrelated(candidate.file);
    return await compareInOrder(left, right, pairs, options.tolerance);
  } finally {
    await Promise.all(probes.map((probe) => probe.stop()));
    rmSync(directory, { recursive: true, force: true });
  }
}

async function compareInOrder(
  left: GraphProbe,
  right: GraphProbe,
  pairs: readonly TracedTensor[],
  tolerance: ParityTolerance | undefined,
): Promise<Divergence> {
  const differences: Record<string, number> = {};
  let [compared, skipped, size] = [0, 0, FIRST_BATCH];
  for (let start = 0; start < pairs.length;) {
    const batch = pairs.slice(start, start + size);
    const [wanted, got] = [
      await left.read(batch.map(({ name }) => name)),
      await right.read(batch.map(({ candidateName }) => candidateName)),
    ];
    for (const { name, candidateName, node } of batch) {
      const [reference, candidate] = [wanted[name], got[candidateName]];
      if (!reference || String(candidate?.shape) !== String(reference.shape) || !candidate) {
        skipped++;
        continue;
      }
      compared++;
      const limits = elementLimits(tolerance ?? inner(reference, candidate), [
        reference.dtype,
        candidate.dtype,
      ]);
      const pair = { sample: 'feeds', reference, candidate };
      const measures = measureOutput([pair], limits ?? UNJUDGED, tolerance?.topK);
      differences[name] = measures.maxAbsolute;
      if (judgeOutput(name, measures, limits, tolerance).length === 0) continue;
      const inputs = node.inputs.filter((input) => Object.hasOwn(differences, input));
      const first = {
        name,
        candidateName,
        node,
        measures,
        inputs: Object.fromEntries(inputs.map((input) => [input, differences[input] ?? 0])),
      };
      return { first, compared, skipped };
    }
    start += batch.length;
    const bytes = [...Object.values(wanted), ...Object.values(got)].reduce(
      (sum, { data }) => sum + bytesOf(data),
      1,
    );
    size = Math.max(1, Math.floor((batch.length * BATCH_BYTES) / bytes));
  }
  return { compared, skipped };
}

/** Rounding inside a model follows the largest element of a tensor. */
function inner(...tensors: readonly Tensor[]): ParityTolerance {
  return { norm: tensors.some(({ dtype }) => dtype === 'float16') ? 1e-2 : 1e-4 };
}

function bytesOf(data: Tensor['data']): number {
  return Array.isArray(data) ? data.length : data.byteLength;
}

function unrelated(path: string): IssueError {
  const message = 'has no tensor of the same name and no node of the same name and operator as the reference';
  const fix = 'compare models of one origin, whose converter keeps names';
  return new IssueError('compare', [{ code: 'divergence-graphs', path, message, fix }]);
}
