import { type Alarm, type IMetric, MathExpression, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { Rule } from 'aws-cdk-lib/aws-events';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { IStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Duration } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import type { AlarmActions } from './alarm-strategy';
import { AT_ONCE, createAlarms, type DurationLevels, levelsIn } from './leveled-alarms';

export interface PipelineAlarmsProps {
  /** Jobs whose names begin with it and a dash are the pipeline's. */
  readonly pipeline: string;
  /** Runs that fail or take too long are critical. Ids of the alarms are made of the names. */
  readonly stateMachines: Readonly<Record<string, IStateMachine>>;
  /** Functions that fail are a warning: a run may try again. @default - none */
  readonly functions?: Readonly<Record<string, IFunction>>;
  /** Days since a version went live, and from when on it is too old. @default - models may grow old */
  readonly modelAge?: { readonly metric: IMetric; readonly levels: DurationLevels };
  /** @default - alarms go off, and nothing happens */
  readonly actions?: AlarmActions;
}

const ANY = { warning: 0 };
const ANY_CRITICAL = { critical: 0 };
const PERIOD = Duration.minutes(5);

/**
 * Alarms on what makes a model rather than serves it: runs, functions and jobs that fail, and a model
 * that grows old.
 */
export class PipelineAlarms extends Construct {
  readonly alarms: readonly Alarm[];
  /** Sees every job of the pipeline that fails. */
  readonly failedJobs: Rule;

  constructor(scope: Construct, id: string, props: PipelineAlarmsProps) {
    super(scope, id);
    const { actions = {}, functions = {}, modelAge, pipeline, stateMachines } = props;
    this.failedJobs = this.createRule(pipeline);
    const atOnce = { actions, rule: AT_ONCE };
    const runs = Object.entries(stateMachines).map(([name, machine]) =>
      createAlarms(this, name, { ...atOnce, levels: ANY_CRITICAL, metric: failedRuns(machine) }),
    );
    const calls = Object.entries(functions).map(([name, handler]) =>
      createAlarms(this, name, {
        ...atOnce,
        levels: ANY,
        metric: handler.metricErrors({ period: PERIOD }),
      }),
    );
    const jobs = createAlarms(this, 'Jobs', { ...atOnce, levels: ANY, metric: this.metricFailedJobs() });
    const age = modelAge
      ? createAlarms(this, 'ModelAge', {
          ...atOnce,
          levels: levelsIn('days', modelAge.levels),
          metric: modelAge.metric,
        })
      : [];
    this.alarms = [...runs.flat(), ...calls.flat(), ...jobs, ...age];
  }

  /** Jobs of the pipeline that failed. */
  metricFailedJobs(): Metric {
    return new Metric({
      namespace: 'AWS/Events',
      metricName: 'MatchedEvents',
      dimensionsMap: { RuleName: this.failedJobs.ruleName },
      statistic: 'Sum',
      period: PERIOD,
      label: 'Failed jobs',
    });
  }

  private createRule(pipeline: string): Rule {
    const failed = (kind: string) => ({
      [`${kind}JobName`]: [{ prefix: `${pipeline}-` }],
      [`${kind}JobStatus`]: ['Failed'],
    });
    return new Rule(this, 'FailedJobs', {
      description: `Jobs of the pipeline ${pipeline} that failed`,
      eventPattern: {
        source: ['aws.sagemaker'],
        detailType: [
          'SageMaker HyperParameter Tuning Job State Change',
          'SageMaker Processing Job State Change',
          'SageMaker Training Job State Change',
        ],
        detail: { $or: ['HyperParameterTuning', 'Processing', 'Training'].map(failed) },
      },
    });
  }
}

/** Runs that failed or took too long. */
export function failedRuns(machine: IStateMachine): MathExpression {
  return new MathExpression({
    expression: 'FILL(failed, 0) + FILL(late, 0)',
    usingMetrics: {
      failed: machine.metricFailed({ period: PERIOD }),
      late: machine.metricTimedOut({ period: PERIOD }),
    },
    label: 'Failed runs',
    period: PERIOD,
  });
}
