import { Metric, type MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import { type EventPattern, Rule, RuleTargetInput } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Function } from 'aws-cdk-lib/aws-lambda';
import { Bucket, type CfnBucket, type IBucket } from 'aws-cdk-lib/aws-s3';
import type { IStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Duration, Size } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { throwIssues } from '../issue';
import type { IArtifactStore } from './artifact-store';
import { BundledFunction } from './bundled-function';
import type { FeedbackEvent } from './functions/feedback';

export interface FeedbackLoopProps {
  /** Samples arrive as `feedback/<pipeline>/….jsonl` of the store. */
  readonly pipeline: string;
  /**
   * The bucket of a store that is imported must send its events to EventBridge; a new store's is told to.
   */
  readonly store: IArtifactStore;
  /** Runs the pipeline; a run reads all feedback. */
  readonly stateMachine: IStateMachine;
  /** New labelled samples that start a run. @default 1000 */
  readonly retrainAfterSamples?: number;
  /** Of the state machine's runs and the function's log. @default - keys of AWS */
  readonly encryptionKey?: IKey;
}

/**
 * Starts a run of a pipeline once enough labelled samples came back:
 *
 * ```ts
 * new FeedbackLoop(this, 'Feedback', { pipeline: 'spam-filter', store, stateMachine });
 * ```
 */
export class FeedbackLoop extends Construct {
  /** Counts new samples whenever some arrive and whenever a run has ended. */
  readonly function: Function;
  private readonly pipeline: string;
  private readonly store: IArtifactStore;

  constructor(scope: Construct, id: string, props: FeedbackLoopProps) {
    super(scope, id);
    const { encryptionKey, pipeline, retrainAfterSamples = 1000, stateMachine, store } = props;
    throwIssues(`feedback of "${pipeline}"`, checkSamples(retrainAfterSamples));
    this.pipeline = pipeline;
    this.store = store;
    const bundled = new BundledFunction(this, 'Function', {
      bundle: 'feedback',
      description: `Counts the feedback of ${pipeline}`,
      timeout: Duration.minutes(5),
      memory: Size.mebibytes(512),
      ephemeralStorage: Size.mebibytes(512),
      logEncryptionKey: encryptionKey,
    });
    this.function = bundled.function;
    store.grantRead(bundled.role, this.prefix);
    grantSeeRelease(bundled.role, store);
    grantStart(bundled.role, stateMachine, encryptionKey);
    const event: FeedbackEvent = {
      bucket: store.bucket.bucketName,
      prefix: this.prefix,
      pipeline,
      retrainAfterSamples,
      stateMachineArn: stateMachine.stateMachineArn,
    };
    this.createRule('Arrived', `Feedback of ${pipeline}`, event, {
      source: ['aws.s3'],
      detailType: ['Object Created'],
      detail: {
        bucket: { name: [store.bucket.bucketName] },
        object: { key: [{ wildcard: `${this.prefix}*.jsonl` }] },
      },
    });
    this.createRule('Ended', `Runs of ${pipeline} that ended`, event, {
      source: ['aws.states'],
      detailType: ['Step Functions Execution Status Change'],
      detail: {
        stateMachineArn: [stateMachine.stateMachineArn],
        status: ['SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED'],
      },
    });
    sendEvents(store.bucket);
  }

  /** Samples that no run has seen, as they were last counted. */
  metricNewSamples(options?: MetricOptions): Metric {
    return new Metric({
      namespace: 'ModelPipeline',
      metricName: 'NewFeedbackSamples',
      dimensionsMap: { Pipeline: this.pipeline },
      statistic: 'Maximum',
      period: Duration.hours(1),
      label: 'New feedback samples',
      ...options,
    });
  }

  /** Allows bringing samples, and nothing else. */
  grantWrite(grantee: IGrantable): Grant {
    return this.store.grantWrite(grantee, this.prefix);
  }

  private get prefix(): string {
    return `feedback/${this.pipeline}/`;
  }

  private createRule(
    id: string,
    description: string,
    event: FeedbackEvent,
    eventPattern: EventPattern,
  ): void {
    const target = new LambdaFunction(this.function, { event: RuleTargetInput.fromObject(event) });
    new Rule(this, id, { description, eventPattern, targets: [target] });
  }
}

/** When a version went live is told by a listing of that one object. */
function grantSeeRelease(grantee: IGrantable, store: IArtifactStore): void {
  Grant.addToPrincipal({
    grantee,
    actions: ['s3:ListBucket'],
    resourceArns: [store.bucket.bucketArn],
    conditions: { StringEquals: { 's3:prefix': 'releases/live.json' } },
  });
}

function grantStart(grantee: IGrantable, stateMachine: IStateMachine, encryptionKey: IKey | undefined): void {
  Grant.addToPrincipal({
    grantee,
    actions: ['states:ListExecutions', 'states:StartExecution'],
    resourceArns: [stateMachine.stateMachineArn],
  });
  if (!encryptionKey) return;
  Grant.addToPrincipal({
    grantee,
    actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
    resourceArns: [encryptionKey.keyArn],
  });
}

/** Without the custom resource that CDK would make for it: the bucket's own property says the same. */
function sendEvents(bucket: IBucket): void {
  if (!(bucket instanceof Bucket)) return;
  const resource = bucket.node.defaultChild as CfnBucket;
  resource.addPropertyOverride('NotificationConfiguration.EventBridgeConfiguration.EventBridgeEnabled', true);
}

function checkSamples(samples: number) {
  if (Number.isInteger(samples) && samples > 0) return [];
  return [
    {
      code: 'feedback-samples',
      path: 'retrainAfterSamples',
      message: `is ${samples}`,
      fix: 'Give an integer from 1 up.',
    },
  ];
}
