export { compile } from './compile';
export { decideGate, type GateCheck, type GateVerdict } from './gate';
export { DEFAULT_DRIFT_HOURS, driftLevels, driftStep } from './monitoring-steps';
export { MACHINE_PATHS } from './machine-paths';
export { toMermaid } from './mermaid';
export * from './plan';
export { servingRuntime } from './serving-runtime';
