import { Aws } from 'aws-cdk-lib/core';
import type { NotifyStep } from '../../pipeline';
import { format, type States } from '../asl';
import { API_RETRY, catchAll, FAILED } from './edges';

/** Tells the recipients that the run failed, and ends it so. */
export function notifyStates(step: Pick<NotifyStep, 'id' | 'next'>, pipeline: string, topicArn: string): States {
  return {
    [step.id]: {
      Type: 'Task',
      Resource: `arn:${Aws.PARTITION}:states:::sns:publish`,
      Parameters: {
        TopicArn: topicArn,
        Subject: `${pipeline}: a run failed`,
        'Message.$': format(
          ['Run ', ` of ${pipeline} failed: `, '\n\n', '\n'],
          '$$.Execution.Name',
          '$.failure.Error',
          'States.JsonToString($.failure)',
        ),
      },
      ResultPath: null,
      ...API_RETRY,
      ...catchAll(FAILED, '$.unnotified'),
      Next: step.next ?? FAILED,
    },
  };
}
