import { decideGate, type GateStep } from '../../pipeline';
import { readMetrics } from '../../program';
import { StepError } from '../step-error';
import type { StepContext, StepResult } from './context';

export function runGate(step: GateStep, { inputs }: StepContext): StepResult {
  const { metrics = '', baseline } = inputs;
  const measuredBefore = baseline === undefined ? undefined : readMetrics(baseline);
  const { passed, checks } = decideGate(step.rules, readMetrics(metrics), measuredBefore);
  const decisive = checks.filter((check) => check.passed === passed).map(({ message }) => message);
  const detail = decisive.join('; ');
  if (passed) return { detail, accepted: true };
  if (step.selects === undefined) throw new StepError(detail);
  return { detail: `${detail}: the model before it goes on`, accepted: false };
}
