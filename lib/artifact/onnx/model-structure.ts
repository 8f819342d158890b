import type { ElidedData } from './decode';
import type { ModelProto, TensorProto } from './onnx_pb';

/** A decoded ONNX file: its whole structure, without the elements of large tensors. */
export interface ModelStructure {
  readonly file: string;
  /** Size of the file. */
  readonly bytes: number;
  /** Data fields of large tensors are empty; `elided` tells where their elements are. */
  readonly model: ModelProto;
  /** Where in the file the elements are that `model` lacks. */
  readonly elided: (tensor: TensorProto) => ElidedData;
}
