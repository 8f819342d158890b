import { isLanguageModel, type PipelineDefinition, type ServingRuntime } from '../definition';

/** What serves the model. */
export function servingRuntime({ deployment, signature }: PipelineDefinition): ServingRuntime {
  return deployment.endpoint.runtime ?? (isLanguageModel(signature) ? 'vllm' : 'onnx');
}
