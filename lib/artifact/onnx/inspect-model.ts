import { estimateModel, type ModelEstimates } from './estimates';
import type { ModelInfo } from './model-info';
import { describeModel, readStructure } from './read-model';

/** Everything that can be told of an ONNX file without running it. */
export interface ModelInspection extends ModelInfo {
  readonly estimates: ModelEstimates;
}

export interface InspectOptions {
  /**
   * Numbers for sizes that vary, by name; `x.0` is the first size of input x where it has no name.
   * @default - 1 for each
   */
  readonly sizes?: Readonly<Record<string, number>>;
}

/**
 * Reads a model of any size without its weights, and estimates what a run takes.
 *
 * @throws IssueError when the file is missing, broken, or something else than an ONNX model
 */
export function inspectModel(file: string, { sizes }: InspectOptions = {}): ModelInspection {
  const structure = readStructure(file);
  return { ...describeModel(structure), estimates: estimateModel(structure.model, sizes) };
}
