import { format, type State, type States } from '../asl';
import { sdkTask } from './endpoint-states';
import { API_RETRY, catchAll } from './edges';
import { PACKAGE_ARN } from './register-states';
import { REGISTERED } from './version-files';

/** Names the version that is live: `{ "version": "…" }`. */
export const LIVE_KEY = 'releases/live.json';

/** Key of the record of a version that has been live. */
export function recordKey(version: string): string {
  return format(['releases/', '.json'], version);
}

const BEFORE = '$.before';
const ABSENT = 'S3.NoSuchKeyException';

interface Edges {
  readonly next: string;
  readonly failure: string;
}

/** The first of the states that mark a version as live. */
export function markLive(name: string): string {
  return `${name}: look for its record`;
}

/**
 * Names the version in `releases/live.json`. A version that has never been live is first recorded in
 * `releases/<version>.json`, with the version that was live before it: what a rollback goes by.
 */
export function liveStates(name: string, bucketName: string, { next, failure }: Edges): States {
  const read = `${name}: read what is live`;
  const record = `${name}: record the release`;
  const recordFirst = `${name}: record the first release`;
  const mark = `${name}: mark as live`;
  const whenAbsent = (absent: string) => ({
    Retry: [{ ErrorEquals: [ABSENT], MaxAttempts: 0 }, ...API_RETRY.Retry],
    Catch: [{ ErrorEquals: [ABSENT], ResultPath: null, Next: absent }, ...catchAll(failure).Catch],
  });
  const write = (key: object, body: object, to: string): State => ({
    ...sdkTask('s3:putObject', { Bucket: bucketName, ...key, ContentType: 'application/json', Body: body }),
    ...API_RETRY,
    ...catchAll(failure),
    Next: to,
  });
  const ownRecord = { 'Key.$': recordKey(`${REGISTERED}.version`) };
  return {
    [markLive(name)]: {
      ...sdkTask('s3:getObject', { Bucket: bucketName, ...ownRecord }),
      ...whenAbsent(read),
      Next: mark,
    },
    [read]: { ...readJson(bucketName, { Key: LIVE_KEY }, BEFORE), ...whenAbsent(recordFirst), Next: record },
    [record]: write(ownRecord, { ...RECORD, 'previous.$': `${BEFORE}.json.version` }, mark),
    [recordFirst]: write(ownRecord, RECORD, mark),
    [mark]: write({ Key: LIVE_KEY }, { 'version.$': `${REGISTERED}.version` }, next),
  };
}

/** Reads a JSON object of the store to `<resultPath>.json`. */
export function readJson(bucketName: string, key: object, resultPath: string): State {
  return {
    ...sdkTask('s3:getObject', { Bucket: bucketName, ...key }),
    ResultSelector: { 'json.$': 'States.StringToJson($.Body)' },
    ResultPath: resultPath,
  };
}

/** What a rollback needs to know of a version. */
const RECORD = {
  'version.$': `${REGISTERED}.version`,
  'digest.$': `${REGISTERED}.digest`,
  'modelUri.$': `${REGISTERED}.modelUri`,
  'packageArn.$': PACKAGE_ARN,
};
