import { mkdirSync, rmSync } from 'node:fs';
import type { JobStep } from '../../pipeline';
import { type ProgramRequest, readMetrics } from '../../program';
import { describeMetrics } from '../describe';
import { runJob } from '../job';
import type { StepContext, StepResult } from './context';

export async function runJobStep(step: JobStep, context: StepContext): Promise<StepResult> {
  const { python, log, inputs, outputs, checkpoints, definition, signal, onProgress } = context;
  const { id, program, parameters, timeoutMinutes } = step;
  const { source } = definition;
  const request: ProgramRequest = {
    schemaVersion: 1,
    program,
    step: id,
    parameters,
    source,
    inputs,
    outputs,
    ...(step.checkpoints && { checkpoints }),
  };
  if (step.checkpoints) mkdirSync(checkpoints, { recursive: true });
  await runJob({ python, request, log, timeoutMinutes, signal, onProgress });
  rmSync(checkpoints, { recursive: true, force: true });
  return { detail: describeMetrics(readMetrics(outputs.metrics ?? '')) };
}
