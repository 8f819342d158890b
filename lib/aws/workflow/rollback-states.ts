import type { ReleaseStep } from '../../pipeline';
import type { States } from '../asl';
import { sdkTask } from './endpoint-states';
import { API_RETRY, catchAll } from './edges';
import { LIVE_KEY, readJson, recordKey } from './live-states';
import { PACKAGE } from './register-states';
import type { ReleaseSettings } from './release-settings';
import { releaseStates } from './release-states';
import { REGISTERED } from './version-files';

/** The version that a rollback goes to. */
const TARGET = '$.target.version';

/**
 * Finds the version to go back to, in the run's input or else before the one that is live, and releases it.
 * Only a version that has been live is recorded, so only such a one is found.
 */
export function rollbackStates(
  step: Pick<ReleaseStep, 'id' | 'next'>,
  failure: string,
  settings: ReleaseSettings,
): States {
  const { id, next } = step;
  const { bucketName } = settings;
  const state = (name: string) => `${id}: ${name}`;
  const select = (version: string) => ({
    Type: 'Pass' as const,
    Parameters: { 'version.$': version },
    ResultPath: '$.target',
    Next: state('read its record'),
  });
  const refuse = (error: string, cause: object) => ({
    Type: 'Pass' as const,
    Parameters: { Error: error, ...cause },
    ResultPath: '$.failure',
    Next: failure,
  });
  const read = (key: object, resultPath: string, to: string) => ({
    ...readJson(bucketName, key, resultPath),
    ...API_RETRY,
    ...catchAll(failure),
    Next: to,
  });
  const release = state('release');
  return {
    [id]: {
      Type: 'Choice',
      Choices: [{ Variable: '$.version', IsPresent: true, Next: state('to the version asked for') }],
      Default: state('read what is live'),
    },
    [state('to the version asked for')]: select('$.version'),
    [state('read what is live')]: read({ Key: LIVE_KEY }, '$.live', state('read the record of what is live')),
    [state('read the record of what is live')]: read(
      { 'Key.$': recordKey('$.live.json.version') },
      '$.live',
      state('was another live before?'),
    ),
    [state('was another live before?')]: {
      Type: 'Choice',
      Choices: [{ Variable: '$.live.json.previous', IsPresent: true, Next: state('to the version before') }],
      Default: state('no version before'),
    },
    [state('to the version before')]: select('$.live.json.previous'),
    [state('no version before')]: refuse('NoVersionBefore', {
      Cause: 'the version that is live is the first one; name the version to go to',
    }),
    [state('read its record')]: read(
      { 'Key.$': recordKey(TARGET) },
      '$.record',
      state('look at its approval'),
    ),
    [state('look at its approval')]: {
      ...sdkTask('sagemaker:describeModelPackage', { 'ModelPackageName.$': '$.record.json.packageArn' }),
      ResultSelector: { 'approval.$': '$.ModelApprovalStatus' },
      ResultPath: '$.status',
      ...API_RETRY,
      ...catchAll(failure),
      Next: state('is it approved?'),
    },
    [state('is it approved?')]: {
      Type: 'Choice',
      Choices: [
        { Variable: '$.status.approval', StringEquals: 'Approved', Next: state('take its artifacts') },
      ],
      Default: state('not approved'),
    },
    [state('not approved')]: refuse('NotApproved', {
      'Cause.$': `States.Format('version {} is {} in the registry', ${TARGET}, $.status.approval)`,
    }),
    [state('take its artifacts')]: {
      Type: 'Pass',
      Parameters: Object.fromEntries(
        ['version', 'digest', 'modelUri'].map((name) => [`${name}.$`, `$.record.json.${name}`]),
      ),
      ResultPath: REGISTERED,
      Next: state('take its place in the registry'),
    },
    [state('take its place in the registry')]: {
      Type: 'Pass',
      Parameters: { 'arn.$': '$.record.json.packageArn' },
      ResultPath: PACKAGE,
      Next: release,
    },
    ...releaseStates({ id: release, next, onFailure: failure }, settings),
  };
}
