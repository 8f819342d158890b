import type { Dimension } from '../../pipeline/definition';

/** An ONNX file and what it says about itself. */
export interface ModelInfo extends ModelSummary {
  readonly file: string;
  readonly bytes: number;
}

/** The structure of a model; nothing is run to learn it. */
export interface ModelSummary {
  readonly irVersion: number;
  /** `"pytorch 2.13.0"`; empty where the file does not say. */
  readonly producer: string;
  /** Version of each operator set, by domain; the standard domain is `"ai.onnx"`. */
  readonly opsets: Readonly<Record<string, number>>;
  readonly inputs: Readonly<Record<string, ModelValue>>;
  readonly outputs: Readonly<Record<string, ModelValue>>;
  /** Operators of the main graph, its subgraphs and the model's own functions, most frequent first. */
  readonly operators: readonly OperatorCount[];
  /** The model's own functions, as `domain::name`. */
  readonly functions: readonly string[];
  readonly initializers: number;
  /** Elements of all tensors the model holds: initialisers and those inside attributes, in every graph. */
  readonly parameters: number;
  /** Bytes of the same tensors, by element type; strings count 0. */
  readonly bytesByDtype: Readonly<Record<string, number>>;
  readonly externalData: readonly ExternalFile[];
}

export interface ModelValue {
  /** ONNX's name of the element type, `"sequence"`, `"map"`, `"optional"` or `"unknown"`. */
  readonly dtype: string;
  /** A size that varies has its name, `"?"` where it has none; absent where the rank is not told. */
  readonly shape?: readonly Dimension[];
}

export interface OperatorCount {
  /** `"ai.onnx"` for the standard domain. */
  readonly domain: string;
  readonly name: string;
  readonly count: number;
}

/** A file beside the model that holds some of its tensors. */
export interface ExternalFile {
  /** As the model has it: relative to the model's directory, and not to be trusted. */
  readonly location: string;
  /** Tensors stored there. */
  readonly tensors: number;
  /** Bytes of the file that the tensors reach up to. */
  readonly bytes: number;
}
