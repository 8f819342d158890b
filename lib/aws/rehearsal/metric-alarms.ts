import { resourcesOf, type TemplateBody } from './resolve-template';

/** A value that was put into CloudWatch. */
export interface Measurement {
  readonly namespace: string;
  readonly name: string;
  /** `name=value`, sorted. */
  readonly dimensions: readonly string[];
  readonly value: number;
}

/** An alarm on one metric that goes off above a threshold. */
export interface MetricAlarm extends Omit<Measurement, 'value'> {
  readonly level: string;
  readonly threshold: number;
}

interface Dimension {
  readonly Name: string;
  readonly Value: string;
}

interface AlarmProperties {
  readonly AlarmDescription?: string;
  readonly ComparisonOperator: string;
  readonly Threshold: number;
  readonly Metrics?: readonly {
    readonly MetricStat?: {
      readonly Metric: {
        readonly Namespace: string;
        readonly MetricName: string;
        readonly Dimensions?: readonly Dimension[];
      };
    };
  }[];
}

/** Parameters of PutMetricData. */
export interface MetricParameters {
  readonly Namespace: string;
  readonly MetricData: readonly {
    readonly MetricName: string;
    readonly Dimensions?: readonly Dimension[];
    readonly Value: number;
  }[];
}

/** Alarms of a template that watch one metric each. */
export function metricAlarmsOf(template: TemplateBody): MetricAlarm[] {
  return resourcesOf(template, 'AWS::CloudWatch::Alarm').flatMap(([, properties]) => {
    const alarm = properties as unknown as AlarmProperties;
    const [metric, ...others] = alarm.Metrics ?? [];
    if (!metric?.MetricStat || others.length > 0) return [];
    if (alarm.ComparisonOperator !== 'GreaterThanThreshold') return [];
    const { Dimensions, MetricName, Namespace } = metric.MetricStat.Metric;
    return [
      {
        namespace: Namespace,
        name: MetricName,
        dimensions: render(Dimensions),
        level: alarm.AlarmDescription?.split(':')[0] ?? '',
        threshold: alarm.Threshold,
      },
    ];
  });
}

export function measurementsOf({ MetricData, Namespace }: MetricParameters): Measurement[] {
  return MetricData.map(({ Dimensions, MetricName, Value }) => ({
    namespace: Namespace,
    name: MetricName,
    dimensions: render(Dimensions),
    value: Value,
  }));
}

/** Levels of the alarms on these metrics that go off; the most severe last. */
export function levelsThatSound(
  alarms: readonly MetricAlarm[],
  measurements: readonly Measurement[],
): string[] {
  return alarms
    .filter((alarm) =>
      measurements.some(
        (measured) =>
          measured.namespace === alarm.namespace &&
          measured.name === alarm.name &&
          measured.dimensions.join() === alarm.dimensions.join() &&
          measured.value > alarm.threshold,
      ),
    )
    .sort((one, other) => one.threshold - other.threshold)
    .map(({ level }) => level);
}

function render(dimensions: readonly Dimension[] = []): string[] {
  return dimensions.map(({ Name, Value }) => `${Name}=${Value}`).sort();
}
