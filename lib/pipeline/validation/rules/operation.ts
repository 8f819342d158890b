import { type Issue, issue } from '../../../issue';
import { isLanguageModel, type Levels } from '../../definition';
import type { Rule } from './rule';

export const alarmLevels: Rule = ({ monitoring }) => {
  const { performance, resources, queue, modelAgeDays, drift } = monitoring;
  const groups: Record<string, Record<string, Levels | undefined>> = {
    performance: { ...performance },
    resources: { ...resources },
    queue: { ...queue },
    drift: { populationStability: drift?.populationStability },
  };
  const inGroups = Object.entries(groups).flatMap(([group, levels]) =>
    Object.entries(levels).flatMap(([name, value]) =>
      value === undefined ? [] : checkLevels(`monitoring.${group}.${name}`, value),
    ),
  );
  return [...inGroups, ...(modelAgeDays ? checkLevels('monitoring.modelAgeDays', modelAgeDays) : [])];
};

function checkLevels(path: string, { warning, critical }: Levels): Issue[] {
  if (warning === undefined && critical === undefined) {
    return [issue('alarm-levels', path, 'has no level', 'Give warning, critical or both.')];
  }
  if (warning !== undefined && critical !== undefined && warning >= critical) {
    return [
      issue(
        'alarm-levels',
        path,
        `warns at ${warning}, not before ${critical}`,
        'Set warning below critical.',
      ),
    ];
  }
  return [];
}

/** A language model has no drift to begin with. */
export const captureNeeded: Rule = ({ monitoring, signature }) =>
  monitoring.drift === undefined || monitoring.capture !== undefined || isLanguageModel(signature)
    ? []
    : [
        issue(
          'capture-needed',
          'monitoring.drift',
          'needs recorded requests',
          'Add monitoring.capture, like { samplePercent: 10 }.',
        ),
      ];
