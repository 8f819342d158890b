import { join } from 'node:path';
import type { FunctionStep } from '../../pipeline';
import { runProgram } from '../../program';
import { describeMetrics } from '../describe';
import { type StepContext, type StepResult, versionOf } from './context';

export async function runFunction(step: FunctionStep, context: StepContext): Promise<StepResult> {
  const { inputs, outputs, store } = context;
  const { id, program, parameters } = step;
  const metrics = await runProgram({ schemaVersion: 1, program, step: id, parameters, inputs, outputs });
  const detail = describeMetrics(metrics);
  if (program === 'register') {
    const version = versionOf(outputs);
    store.publish(join('models', version), outputs.version ?? '');
    return { detail: `version ${version}`, version };
  }
  if (program === 'baseline') store.publish(join('baselines', versionOf(inputs)), outputs.baseline ?? '');
  return { detail };
}
