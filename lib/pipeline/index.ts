export * from './definition';
export { definePipeline } from './define-pipeline';
export * from './plan';
export { unsupportedFields } from './support';
export { parityOf, type ParityRow } from './parity';
export { PLANNED, type Support, supportOf, type TargetSupport } from './target-support';
export { definitionFields, validateDefinition } from './validation';
