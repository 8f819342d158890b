import { Aws } from 'aws-cdk-lib/core';
import type { State, States } from '../asl';
import { API_RETRY, catchAll } from './edges';

/** The one release of an endpoint that may be under way. */
export interface LockSettings {
  readonly tableName: string;
  readonly endpointName: string;
}

/** Seconds between two looks at a lock that another run holds. */
const POLL_SECONDS = 60;

/** Statuses of a run that may still change the endpoint. */
const UNDER_WAY = ['RUNNING', 'PENDING_REDRIVE'];

const ME = { ':me': { 'S.$': '$$.Execution.Id' } };
const NAMES = { '#owner': 'owner' };
const LOST = 'DynamoDB.ConditionalCheckFailedException';

/** A condition that does not hold is an answer, not worth another try. */
const RETRY = { Retry: [{ ErrorEquals: [LOST], MaxAttempts: 0 }, ...API_RETRY.Retry] };

interface Edges {
  readonly next: string;
  readonly failure: string;
}

/** The first of the states that take the lock. */
export function takeLock(name: string): string {
  return `${name}: take the lock`;
}

/**
 * Takes the lock of an endpoint for this run, then goes on to `next`. While another run holds it, this
 * one waits; from a run that has ended without giving it back, it is taken over.
 */
export function lockStates(name: string, lock: LockSettings, { next, failure }: Edges): States {
  const take = takeLock(name);
  const wait = `${name}: wait for the lock`;
  const see = `${name}: see who holds the lock`;
  const held = `${name}: is it held?`;
  const look = `${name}: look at its holder`;
  const running = `${name}: is its holder running?`;
  const takeOver = `${name}: take the lock over`;
  const failed = catchAll(failure).Catch;
  return {
    [take]: {
      ...put(lock, 'attribute_not_exists(#owner) OR #owner = :me', ME),
      Catch: [{ ErrorEquals: [LOST], ResultPath: null, Next: see }, ...failed],
      Next: next,
    },
    [see]: {
      ...dynamodb('getItem', { ...key(lock), ConsistentRead: true }),
      ResultPath: '$.lock',
      ...API_RETRY,
      Catch: failed,
      Next: held,
    },
    [held]: {
      Type: 'Choice',
      Choices: [{ Variable: '$.lock.Item.owner.S', IsPresent: true, Next: look }],
      Default: take,
    },
    [look]: {
      Type: 'Task',
      Resource: `arn:${Aws.PARTITION}:states:::aws-sdk:sfn:describeExecution`,
      Parameters: { 'ExecutionArn.$': '$.lock.Item.owner.S' },
      ResultSelector: { 'status.$': '$.Status' },
      ResultPath: '$.holder',
      ...API_RETRY,
      // What Step Functions has forgotten ended long ago.
      Catch: [
        { ErrorEquals: ['Sfn.ExecutionDoesNotExistException'], ResultPath: null, Next: takeOver },
        ...failed,
      ],
      Next: running,
    },
    [running]: {
      Type: 'Choice',
      Choices: UNDER_WAY.map((status) => ({
        Variable: '$.holder.status',
        StringEquals: status,
        Next: wait,
      })),
      Default: takeOver,
    },
    [takeOver]: {
      ...put(lock, '#owner = :holder', { ':holder': { 'S.$': '$.lock.Item.owner.S' } }),
      Catch: [{ ErrorEquals: [LOST], ResultPath: null, Next: take }, ...failed],
      Next: next,
    },
    [wait]: { Type: 'Wait', Seconds: POLL_SECONDS, Next: take },
  };
}

/** Gives the lock back. Where that fails, the end of this run does it. */
export function unlockState(
  lock: LockSettings,
  next: { readonly Next: string } | { readonly End: true },
): State {
  return {
    ...dynamodb('deleteItem', {
      ...key(lock),
      ConditionExpression: '#owner = :me',
      ExpressionAttributeNames: NAMES,
      ExpressionAttributeValues: ME,
    }),
    ResultPath: null,
    ...RETRY,
    ...('Next' in next ? catchAll(next.Next, null) : {}),
    ...next,
  };
}

function put(lock: LockSettings, condition: string, values: object): State {
  return {
    ...dynamodb('putItem', {
      TableName: lock.tableName,
      Item: {
        endpoint: { S: lock.endpointName },
        owner: { 'S.$': '$$.Execution.Id' },
        since: { 'S.$': '$$.State.EnteredTime' },
      },
      ConditionExpression: condition,
      ExpressionAttributeNames: NAMES,
      ExpressionAttributeValues: values,
    }),
    ResultPath: null,
    ...RETRY,
  };
}

function key({ tableName, endpointName }: LockSettings): object {
  return { TableName: tableName, Key: { endpoint: { S: endpointName } } };
}

function dynamodb(action: string, parameters: object): State {
  return {
    Type: 'Task',
    Resource: `arn:${Aws.PARTITION}:states:::dynamodb:${action}`,
    Parameters: parameters,
  };
}
