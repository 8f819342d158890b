import { type Issue, issue } from '../../../issue';
import type { OptimizationStep, PipelineDefinition } from '../../definition';
import { METRICS } from '../metrics';
import type { Rule } from './rule';

export const gateNotEmpty: Rule = ({ training, optimization }) => [
  ...checkNotEmpty(
    'training.gate',
    training.gate,
    'Bound at least one metric, like { accuracy: { min: 0.9 } }.',
  ),
  ...optimizationGates(optimization).flatMap(([path, gate]) =>
    checkNotEmpty(path, gate, 'Name the loss you accept, like { accuracy: { maxLoss: 0.01 } }.'),
  ),
];

export const gateBounds: Rule = ({ training }) =>
  Object.entries(training.gate).flatMap(([metric, { min, max }]) => {
    const path = `training.gate.${metric}`;
    if (min === undefined && max === undefined) {
      return [issue('gate-bound', path, 'bounds nothing', 'Give min, max or both.')];
    }
    if (min !== undefined && max !== undefined && min > max) {
      return [issue('gate-bound', path, `has min ${min} above max ${max}`, 'Swap them.')];
    }
    return [];
  });

export const gateMetrics: Rule = ({ training, optimization }) => {
  const { task } = training.evaluate;
  const measured = METRICS[task];
  if (measured === undefined) return [];
  const known = Object.keys(measured).join(', ');
  return [['training.gate', training.gate] as const, ...optimizationGates(optimization)].flatMap(
    ([path, gate]) =>
      Object.keys(gate)
        .filter((metric) => measured[metric] === undefined)
        .map((metric) =>
          issue('gate-metric', `${path}.${metric}`, `is not measured for ${task}`, `Use one of ${known}.`),
        ),
  );
};

export const gateRange: Rule = ({ training }) =>
  Object.entries(training.gate).flatMap(([metric, bounds]) => {
    const range = METRICS[training.evaluate.task]?.[metric];
    if (range === undefined) return [];
    return (['min', 'max'] as const).flatMap((name) => {
      const value = bounds[name];
      if (value === undefined || (value >= range.min && value <= range.max)) return [];
      const fix = `${metric} lies between ${range.min} and ${range.max}; give a value in between.`;
      return [issue('gate-range', `training.gate.${metric}.${name}`, `is ${value}`, fix)];
    });
  });

function checkNotEmpty(path: string, gate: object, fix: string): Issue[] {
  return Object.keys(gate).length > 0 ? [] : [issue('gate-empty', path, 'lets every model pass', fix)];
}

function optimizationGates({ prune, distill, quantize }: PipelineDefinition['optimization'] = {}) {
  const steps: Record<string, OptimizationStep | undefined> = { prune, distill, quantize };
  return Object.entries(steps).flatMap(([name, step]) =>
    step === undefined ? [] : [[`optimization.${name}.gate`, step.gate] as const],
  );
}
