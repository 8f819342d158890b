export { checkDrift, type DriftOptions, type DriftReport } from './check-drift';
export type { RunEvent } from './events';
export type { StepRecord } from './journal';
export { type RunOptions, type RunResult, runPipeline } from './run-pipeline';
export { StepError } from './step-error';
export { LocalStore } from './store';
