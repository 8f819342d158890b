export { type Acknowledgment, ModelPipelineRules } from './model-pipeline-rules';
