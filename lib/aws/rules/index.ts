export { BYTES_METADATA } from './bytes-metadata';
export { ModelPipelineRules } from './model-pipeline-rules';
