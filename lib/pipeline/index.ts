export * from './definition';
export { definePipeline } from './define-pipeline';
export * from './plan';
export { unsupportedFields } from './support';
export { validateDefinition } from './validation';
