import {
  MonitoringAlertPolicy,
  type MonitoringAlertPolicyConditions,
} from '@cdktf/provider-google/lib/monitoring-alert-policy';
import type { Construct } from 'constructs';
import type { Levels } from '../pipeline';
import type { MetricQuery } from './endpoint-metrics';
import type { NotificationChannels } from './notification-channels';
import type { Project } from './project';

/** Who hears of alarms, by their level. */
export interface AlarmActions {
  /** @default - nobody */
  readonly warning?: NotificationChannels;
  /** @default - nobody */
  readonly critical?: NotificationChannels;
}

/** When a level counts as exceeded. */
export interface AlarmRule {
  /** How the metric is summed up, in seconds. @default 60 */
  readonly periodSeconds?: number;
  /** How long the level must be exceeded, in seconds. @default 120 */
  readonly forSeconds?: number;
  /** @default "above" */
  readonly trouble?: 'above' | 'below';
}

export interface LeveledAlarmSettings {
  readonly project: Project;
  readonly levels: Levels | undefined;
  readonly actions: AlarmActions;
  readonly metric: MetricQuery;
  /** @default - above the level for two minutes */
  readonly rule?: AlarmRule;
}

/** One that goes off as soon as anything is counted. */
export const AT_ONCE: AlarmRule = { periodSeconds: 300, forSeconds: 0 };

type Level = keyof Levels;

/** Alerts close by themselves when nothing is measured any more: a replica that is gone. */
const AUTO_CLOSE = '86400s';

/** @returns the policies of one metric, `<name>Warning` and `<name>Critical`, the most severe last */
export function createAlarms(
  scope: Construct,
  name: string,
  { actions, levels = {}, metric, project, rule }: LeveledAlarmSettings,
): MonitoringAlertPolicy[] {
  return eachLevel(levels, (level, threshold) =>
    createPolicy(scope, name, level, {
      project,
      actions,
      condition: {
        displayName: metric.title,
        conditionThreshold: renderThreshold(metric, threshold, rule),
      },
    }),
  );
}

/** Alerts on nothing being measured for so many minutes. */
export function createAbsenceAlarms(
  scope: Construct,
  name: string,
  { actions, levels = {}, metric, project }: LeveledAlarmSettings,
): MonitoringAlertPolicy[] {
  return eachLevel(levels, (level, minutes) =>
    createPolicy(scope, name, level, {
      project,
      actions,
      condition: {
        displayName: metric.title,
        conditionAbsent: {
          filter: metric.filter,
          duration: `${minutes * 60}s`,
          aggregations: [aggregation(metric, 60)],
          trigger: { count: 1 },
        },
      },
    }),
  );
}

interface PolicySettings {
  readonly project: Project;
  readonly actions: AlarmActions;
  readonly condition: MonitoringAlertPolicyConditions;
}

function createPolicy(
  scope: Construct,
  name: string,
  level: Level,
  settings: PolicySettings,
): MonitoringAlertPolicy {
  const title = level === 'warning' ? 'Warning' : 'Critical';
  const { actions, condition, project } = settings;
  const subject = scope.node.scope?.node.path ?? '';
  return new MonitoringAlertPolicy(scope, `${name}${title}`, {
    project: project.id,
    displayName: `${title}: ${subject} ${name}`,
    combiner: 'OR',
    severity: level === 'warning' ? 'WARNING' : 'CRITICAL',
    conditions: [condition],
    notificationChannels: actions[level]?.names ?? [],
    alertStrategy: { autoClose: AUTO_CLOSE },
    documentation: {
      mimeType: 'text/markdown',
      content: `${name} of ${subject}: ${condition.displayName} has reached its ${level} level.`,
    },
  });
}

function renderThreshold(
  metric: MetricQuery,
  threshold: number,
  { forSeconds = 120, periodSeconds = 60, trouble = 'above' }: AlarmRule = {},
): MonitoringAlertPolicyConditions['conditionThreshold'] {
  const { denominatorFilter, scale = 1 } = metric;
  return {
    filter: metric.filter,
    aggregations: [aggregation(metric, periodSeconds)],
    ...(denominatorFilter !== undefined && {
      denominatorFilter,
      denominatorAggregations: [aggregation(metric, periodSeconds)],
    }),
    comparison: trouble === 'above' ? 'COMPARISON_GT' : 'COMPARISON_LT',
    // Ninety percent are 0.9, not 0.9000000000000001.
    thresholdValue: Number((threshold * scale).toPrecision(12)),
    duration: `${forSeconds}s`,
    trigger: { count: 1 },
    // Google takes the field only where the level must be exceeded for some time.
    ...(forSeconds > 0 && { evaluationMissingData: 'EVALUATION_MISSING_DATA_INACTIVE' }),
  };
}

function aggregation({ aligner, reducer }: MetricQuery, periodSeconds: number) {
  return {
    alignmentPeriod: `${periodSeconds}s`,
    perSeriesAligner: aligner,
    crossSeriesReducer: reducer,
  };
}

function eachLevel<T>(levels: Levels, make: (level: Level, threshold: number) => T): T[] {
  return (['warning', 'critical'] as const).flatMap((level) => {
    const threshold = levels[level];
    return threshold === undefined ? [] : [make(level, threshold)];
  });
}
