import type { GoldenSample } from '../artifact';
import { bytesFromTensor } from '../artifact/tensor-bytes';
import type { ModelSignature, TensorSpec } from '../pipeline/definition';
import { DATA_TYPES, isBatched, quote } from './triton-types';

/** Samples that Triton runs before it calls the model ready. */
const SAMPLES = 4;

export interface TritonWarmup {
  /** Blocks of `config.pbtxt`. */
  readonly config: readonly string[];
  /** Contents of the model's `warmup/` directory, by name. */
  readonly files: Readonly<Record<string, Buffer>>;
}

/**
 * Has Triton run the first golden samples when it loads a model, so that no client waits for kernels
 * to be chosen and memory to be taken: real data, as random tokens may be none.
 */
export function tritonWarmup(signature: ModelSignature, samples: readonly GoldenSample[]): TritonWarmup {
  const batched = isBatched(signature);
  const files: Record<string, Buffer> = {};
  const config = samples.slice(0, SAMPLES).map(({ tensors }, index) => {
    const inputs = Object.entries(signature.inputs).flatMap(([name, spec], position) => {
      const tensor = tensors[name];
      if (!tensor) return [];
      const file = `sample-${index}-input-${position}`;
      files[file] = bytesFromTensor(tensor);
      const shape = batched ? tensor.shape.slice(1) : tensor.shape;
      return [input(name, spec, shape, file)];
    });
    return `model_warmup [ { name: ${quote(`sample-${index}`)} batch_size: 1 ${inputs.join(' ')} } ]`;
  });
  return { config, files };
}

function input(name: string, { dtype }: TensorSpec, shape: readonly number[], file: string): string {
  // A scalar is one element, as in the model's own configuration.
  const dims = shape.length > 0 ? shape.join(', ') : '1';
  const value = `data_type: ${DATA_TYPES[dtype]} dims: [ ${dims} ] input_data_file: ${quote(file)}`;
  return `inputs { key: ${quote(name)} value: { ${value} } }`;
}
