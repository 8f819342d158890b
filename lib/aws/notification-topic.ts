import { Grant, type IGrantable, PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Aws } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { createServiceKey } from './service-key';

export interface NotificationTopicProps {
  /** CloudWatch must be allowed to use it. @default - a key of its own, which logs may use too */
  readonly encryptionKey?: IKey;
  /** Mail addresses. Each gets a mail that asks to confirm the subscription. @default - none */
  readonly recipients?: readonly string[];
}

/** A topic that tells people, encrypted on its way and at rest. */
export class NotificationTopic extends Construct {
  readonly topic: Topic;
  readonly encryptionKey: IKey;

  constructor(scope: Construct, id: string, { encryptionKey, recipients = [] }: NotificationTopicProps = {}) {
    super(scope, id);
    this.encryptionKey = encryptionKey ?? createServiceKey(this, 'Key');
    this.topic = new Topic(this, 'Topic', { masterKey: this.encryptionKey, enforceSSL: true });
    for (const address of recipients) this.topic.addSubscription(new EmailSubscription(address));
    this.topic.addToResourcePolicy(
      new PolicyStatement({
        principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
        actions: ['sns:Publish'],
        resources: [this.topic.topicArn],
        conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
      }),
    );
  }

  grantPublish(grantee: IGrantable): void {
    Grant.addToPrincipal({ grantee, actions: ['sns:Publish'], resourceArns: [this.topic.topicArn] });
    Grant.addToPrincipal({
      grantee,
      actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
      resourceArns: [this.encryptionKey.keyArn],
    });
  }
}
