export { ModelPipelineRules } from './model-pipeline-rules';
