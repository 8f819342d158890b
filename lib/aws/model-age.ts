import { Metric, type MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import { Grant } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Duration, Stack } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import type { IArtifactStore } from './artifact-store';
import type { State, StateMachineDefinition } from './asl';
import { createStateMachine } from './create-state-machine';
import { constructName } from './resource-name';
import { startOnSchedule } from './start-on-schedule';

const NAMESPACE = 'ModelPipeline';
const METRIC = 'ModelAgeDays';
/** What a release writes when a version goes live. */
const LIVE = 'releases/live.json';

/** In JSONata. */
const AGE_IN_DAYS = '($millis() - $toMillis($states.result.LastModified)) / 86400000';

export interface ModelAgeProps {
  /** Tells the metric of one pipeline from that of another. */
  readonly pipeline: string;
  readonly store: IArtifactStore;
  /** Encrypts the log and the runs' data. CloudWatch Logs must be allowed to use it. */
  readonly encryptionKey: IKey;
}

/**
 * Measures once a day how long ago a version went live. Without a version, nothing is measured.
 *
 * ```ts
 * const age = new ModelAge(this, 'Age', { pipeline: 'spam-filter', store, encryptionKey });
 * age.metricDays();
 * ```
 */
export class ModelAge extends Construct {
  readonly stateMachine: StateMachine;
  private readonly pipeline: string;

  constructor(scope: Construct, id: string, { encryptionKey, pipeline, store }: ModelAgeProps) {
    super(scope, id);
    this.pipeline = pipeline;
    this.stateMachine = createStateMachine(this, {
      name: constructName(this),
      description: `Measures the age of the model of ${pipeline}`,
      definition: this.renderDefinition(store),
      encryptionKey,
    });
    Grant.addToPrincipal({
      grantee: this.stateMachine,
      actions: ['s3:GetObject'],
      resourceArns: [store.bucket.arnForObjects(LIVE)],
    });
    Grant.addToPrincipal({
      grantee: this.stateMachine,
      actions: ['kms:Decrypt'],
      resourceArns: [store.encryptionKey.keyArn],
    });
    Grant.addToPrincipal({
      grantee: this.stateMachine,
      actions: ['cloudwatch:PutMetricData'],
      resourceArns: ['*'],
      conditions: { StringEquals: { 'cloudwatch:namespace': NAMESPACE } },
    });
    startOnSchedule(this, {
      description: `Measures the age of the model of ${pipeline}`,
      every: Duration.days(1),
      stateMachine: this.stateMachine,
      encryptionKey,
    });
  }

  /** Days since a version went live, the last that was measured. */
  metricDays(options?: MetricOptions): Metric {
    return new Metric({
      namespace: NAMESPACE,
      metricName: METRIC,
      dimensionsMap: { Pipeline: this.pipeline },
      statistic: 'Maximum',
      period: Duration.days(1),
      label: 'Age of the model (days)',
      ...options,
    });
  }

  private renderDefinition(store: IArtifactStore): StateMachineDefinition {
    const { partition } = Stack.of(this);
    const look: State = {
      Type: 'Task',
      Resource: `arn:${partition}:states:::aws-sdk:s3:headObject`,
      Arguments: { Bucket: store.bucket.bucketName, Key: LIVE },
      Output: { days: `{% ${AGE_IN_DAYS} %}` },
      Catch: [{ ErrorEquals: ['S3.NoSuchKeyException', 'S3.S3Exception'], Next: 'no version is live' }],
      Next: 'measure',
    };
    const measure: State = {
      Type: 'Task',
      Resource: `arn:${partition}:states:::aws-sdk:cloudwatch:putMetricData`,
      Arguments: {
        Namespace: NAMESPACE,
        MetricData: [
          {
            MetricName: METRIC,
            Dimensions: [{ Name: 'Pipeline', Value: this.pipeline }],
            Value: '{% $states.input.days %}',
          },
        ],
      },
      End: true,
    };
    return {
      Comment: 'Age of the live version',
      QueryLanguage: 'JSONata',
      StartAt: 'when was it released?',
      States: {
        'when was it released?': look,
        measure,
        'no version is live': { Type: 'Succeed' },
      },
    };
  }
}
