import { value } from './expression';
import { unless } from './lock-states';
import type { Subworkflow } from './source';
import { READ_JSON } from './subworkflows';

/** Names the version that is live: `{ "version": "…" }`. */
export const LIVE_PATH = 'releases/live.json';

/** Path of the record of a version that has been live, as an expression. */
export function recordPath(version: string): string {
  return `"releases/" + ${version} + ".json"`;
}

/** Marks `registered` as live. */
export const MARK_LIVE = 'mark_live';

/**
 * Names the version in `releases/live.json`, and gives it the alias `live`. A version that has never been
 * live is first recorded in `releases/<version>.json`, with the version that was live before it: what a
 * rollback goes by.
 */
export function markLive(bucketName: string, region: string, alias: string): Subworkflow {
  const insert = (name: string, body: unknown, condition: object = {}) => ({
    call: 'googleapis.storage.v1.objects.insert',
    args: { bucket: bucketName, name, uploadType: 'media', ...condition, body },
  });
  return {
    params: ['registered'],
    steps: [
      {
        mark_begin: {
          assign: [{ record: value('registered') }, { path: value(recordPath('registered.version')) }],
        },
      },
      {
        mark_seen: {
          try: { call: READ_JSON, args: { path: value('path') }, result: 'seen' },
          except: unless('mark_seen', [404], 'mark_before'),
          next: 'mark_live_json',
        },
      },
      {
        mark_before: {
          try: { call: READ_JSON, args: { path: LIVE_PATH }, result: 'before' },
          except: unless('mark_before', [404], 'mark_record'),
        },
      },
      { mark_previous: { assign: [{ 'record.previous': value('before.version') }] } },
      {
        mark_record: {
          try: insert(value('path'), value('record'), { ifGenerationMatch: '0' }),
          except: unless('mark_record', [412], 'mark_live_json'),
        },
      },
      { mark_live_json: insert(LIVE_PATH, { version: value('registered.version') }) },
      {
        mark_alias: {
          call: 'googleapis.aiplatform.v1.projects.locations.models.mergeVersionAliases',
          args: { name: value('registered.model'), region, body: { versionAliases: [alias] } },
        },
      },
      { mark_done: { return: true } },
    ],
  };
}
