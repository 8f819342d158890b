import type { JobStep } from '../../pipeline';
import { readMetrics } from '../../program';
import { describeMetrics } from '../describe';
import { runJob } from '../job';
import type { StepContext, StepResult } from './context';

export async function runJobStep(step: JobStep, context: StepContext): Promise<StepResult> {
  const { python, log, inputs, outputs, definition, signal, onProgress } = context;
  const { id, program, parameters, timeoutMinutes } = step;
  const { source } = definition;
  const request = { schemaVersion: 1, program, step: id, parameters, source, inputs, outputs } as const;
  await runJob({ python, request, log, timeoutMinutes, signal, onProgress });
  return { detail: describeMetrics(readMetrics(outputs.metrics ?? '')) };
}
