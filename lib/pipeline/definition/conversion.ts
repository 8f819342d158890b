import type { JobOptions, Tolerance } from './common';

/** Stage 3: the model as one portable file, packaged for its runtime and verified. */
export interface Conversion {
  /** @default "onnx" */
  readonly format?: 'onnx' | 'tflite';
  /** Opset of the exported ONNX file, 13 to 21. @default 18 */
  readonly opset?: number;
  /** @default - the machine and timeout of a job that names none */
  readonly export?: JobOptions;
  /**
   * Samples of the test split whose outputs are recorded at export and must be met by every later
   * form of the model, 1 to 1,000.
   * @default 32
   */
  readonly goldenSamples?: number;
  /** Accepted difference on the golden samples. @default - 1e-4 absolute, 0 relative */
  readonly tolerance?: Tolerance;
}
