import type { AlarmBase, IAlarmAction } from 'aws-cdk-lib/aws-cloudwatch';
import { LambdaAction, SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { ITopic } from 'aws-cdk-lib/aws-sns';

/** What happens when an alarm goes off. */
export class AlarmStrategy {
  /** Tells a topic that an alarm went off, and that it is over. */
  static notify(topic: ITopic): AlarmStrategy {
    return new AlarmStrategy(new SnsAction(topic), ['alarm', 'ok']);
  }

  /** Calls a function when an alarm goes off. */
  static invoke(handler: IFunction): AlarmStrategy {
    return new AlarmStrategy(new LambdaAction(handler), ['alarm']);
  }

  /** Any action of CloudWatch's, when an alarm goes off. */
  static of(action: IAlarmAction): AlarmStrategy {
    return new AlarmStrategy(action, ['alarm']);
  }

  private constructor(
    private readonly action: IAlarmAction,
    private readonly on: readonly ('alarm' | 'ok')[],
  ) {}

  bind(alarm: AlarmBase): void {
    if (this.on.includes('alarm')) alarm.addAlarmAction(this.action);
    if (this.on.includes('ok')) alarm.addOkAction(this.action);
  }
}

/** Strategies by the level of an alarm. */
export interface AlarmActions {
  /** @default - nothing happens */
  readonly warning?: readonly AlarmStrategy[];
  /** @default - nothing happens */
  readonly critical?: readonly AlarmStrategy[];
}

/** The same at both levels. */
export function atBothLevels(...strategies: readonly AlarmStrategy[]): AlarmActions {
  return { warning: strategies, critical: strategies };
}
