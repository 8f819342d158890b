import { Alarm, ComparisonOperator, type IMetric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { Duration } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import type { Levels } from '../pipeline';
import type { AlarmActions } from './alarm-strategy';

/** Two levels of an alarm on a time. Give one or both. */
export interface DurationLevels {
  readonly warning?: Duration;
  readonly critical?: Duration;
}

export interface LeveledAlarmSettings {
  readonly levels: Levels | undefined;
  readonly actions: AlarmActions;
  /** What is watched, by its threshold. */
  readonly metric: IMetric | ((threshold: number) => IMetric);
  /** @default - the threshold is exceeded in 2 of the last 3 periods */
  readonly rule?: AlarmRule;
}

export interface AlarmRule {
  readonly datapointsToAlarm: number;
  readonly evaluationPeriods: number;
  /** @default - what it says in the level */
  readonly threshold?: number;
  /** @default GREATER_THAN_THRESHOLD */
  readonly comparisonOperator?: ComparisonOperator;
  /** @default NOT_BREACHING */
  readonly treatMissingData?: TreatMissingData;
}

/** A minute above the threshold is no trouble yet. */
const TWO_OF_THREE: AlarmRule = { datapointsToAlarm: 2, evaluationPeriods: 3 };

/** One that goes off as soon as anything is counted. */
export const AT_ONCE: AlarmRule = { datapointsToAlarm: 1, evaluationPeriods: 1 };

/** @returns the alarms of one metric, named `<name>Warning` and `<name>Critical`, the most severe last */
export function createAlarms(scope: Construct, name: string, settings: LeveledAlarmSettings): Alarm[] {
  const { levels = {}, actions, metric, rule = TWO_OF_THREE } = settings;
  return (['warning', 'critical'] as const).flatMap((level) => {
    const threshold = levels[level];
    if (threshold === undefined) return [];
    const title = level === 'warning' ? 'Warning' : 'Critical';
    const alarm = new Alarm(scope, `${name}${title}`, {
      metric: typeof metric === 'function' ? metric(threshold) : metric,
      alarmDescription: `${title}: ${scope.node.scope?.node.path ?? ''} ${name}`,
      threshold,
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
      treatMissingData: TreatMissingData.NOT_BREACHING,
      ...rule,
    });
    for (const strategy of actions[level] ?? []) strategy.bind(alarm);
    return [alarm];
  });
}

/** @param unit what the metric counts in */
export function levelsIn(
  unit: 'milliseconds' | 'seconds' | 'minutes' | 'days',
  levels: DurationLevels | undefined,
): Levels | undefined {
  if (levels === undefined) return undefined;
  const convert = (duration: Duration | undefined) => duration && inUnit(duration, unit);
  return { warning: convert(levels.warning), critical: convert(levels.critical) };
}

function inUnit(duration: Duration, unit: Parameters<typeof levelsIn>[0]): number {
  switch (unit) {
    case 'milliseconds':
      return duration.toMilliseconds();
    case 'seconds':
      return duration.toSeconds();
    case 'minutes':
      return duration.toMinutes();
    case 'days':
      return duration.toDays({ integral: false });
  }
}
