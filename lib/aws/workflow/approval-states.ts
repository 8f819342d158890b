import { Aws } from 'aws-cdk-lib/core';
import type { ApprovalStep } from '../../pipeline';
import { format, type State, type States } from '../asl';
import { API_RETRY, catchAll, failureOf, nextOf } from './edges';
import { PACKAGE_ARN } from './register-states';
import { REGISTERED } from './version-files';

/** Approval as a version's status in SageMaker's registry, given at once or by a person in time. */
export function approvalStates(step: ApprovalStep, pipeline: string, topicArn: string | undefined): States {
  const { approval, id } = step;
  if (approval === 'automatic' || topicArn === undefined) {
    return { [id]: { ...setStatus('Approved'), ...catchAll(failureOf(step)), ...nextOf(step) } };
  }
  const approved = `${id}: approved`;
  const rejected = `${id}: rejected`;
  return {
    [id]: {
      Type: 'Task',
      Resource: `arn:${Aws.PARTITION}:states:::sns:publish.waitForTaskToken`,
      TimeoutSeconds: approval.expiresHours * 3600,
      Parameters: {
        TopicArn: topicArn,
        Subject: `${pipeline}: a version waits for approval`,
        'Message.$': renderMessage(pipeline, approval.expiresHours),
      },
      ResultPath: null,
      ...catchAll(rejected),
      Next: approved,
    },
    [approved]: { ...setStatus('Approved'), ...catchAll(failureOf(step)), ...nextOf(step) },
    [rejected]: {
      ...setStatus('Rejected', { 'ApprovalDescription.$': '$.failure.Error' }),
      // Not recording it must not hide that it was rejected.
      ...catchAll(failureOf(step), '$.unrecorded'),
      Next: failureOf(step),
    },
  };
}

function setStatus(status: 'Approved' | 'Rejected', description: object = {}): State {
  return {
    Type: 'Task',
    Resource: `arn:${Aws.PARTITION}:states:::aws-sdk:sagemaker:updateModelPackage`,
    Parameters: { 'ModelPackageArn.$': PACKAGE_ARN, ModelApprovalStatus: status, ...description },
    ResultPath: null,
    ...API_RETRY,
  };
}

function renderMessage(pipeline: string, expiresHours: number): string {
  return format(
    [
      `Version `,
      ` of ${pipeline} has passed its gates and its verification.\n\nFiles: `,
      `\n\nTo approve it, within ${expiresHours} hours:\n\naws stepfunctions send-task-success --region `,
      ` --task-output true --task-token "`,
      `"\n\nTo reject it:\n\naws stepfunctions send-task-failure --region `,
      ` --error Rejected --cause "…" --task-token "`,
      `"\n`,
    ],
    `${REGISTERED}.version`,
    `${REGISTERED}.modelUri`,
    `'${Aws.REGION}'`,
    '$$.Task.Token',
    `'${Aws.REGION}'`,
    '$$.Task.Token',
  );
}
