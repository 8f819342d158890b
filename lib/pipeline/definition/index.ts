import type { Conversion } from './conversion';
import type { Deployment } from './deployment';
import type { LanguageModelSignature, ModelSignature } from './model';
import type { Monitoring } from './monitoring';
import type { Optimization } from './optimization';
import type { Training } from './training';

export * from './common';
export * from './conversion';
export * from './deployment';
export * from './model';
export * from './monitoring';
export * from './optimization';
export * from './training';

/** A model's path to production: plain data, the same for every target. */
export interface PipelineDefinition {
  /** Name of the pipeline and of what it makes: 1 to 32 of a–z, 0–9 and `-`, starting with a letter. */
  readonly name: string;
  /** Directory of the user's Python code; `__dirname` where the definition stands beside it. */
  readonly source: string;
  /** What the model takes and gives: tensors, or a prompt and its continuation. */
  readonly signature: ModelSignature | LanguageModelSignature;
  readonly training: Training;
  /** @default - the model goes on as trained */
  readonly optimization?: Optimization;
  /** Not of language models, which stay in safetensors. @default - ONNX, opset 18, 32 golden samples, tolerance 1e-4 */
  readonly conversion?: Conversion;
  readonly deployment: Deployment;
  readonly monitoring: Monitoring;
}
