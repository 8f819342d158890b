import { API_RETRY } from './edges';
import { literal, value } from './expression';
import {
  ENDPOINT_DEPLOY,
  ENDPOINT_EMPTY,
  ENDPOINT_LIVE,
  ENDPOINT_RETIRE,
  ENDPOINT_RETURN,
  ENDPOINT_TRAFFIC,
  type ReleaseTarget,
} from './release-settings';
import type { Subworkflow, WorkflowStep } from './source';

export interface CloudRunTargetSettings {
  /** `projects/<id>/locations/<region>/services/<name>` */
  readonly serviceName: string;
  /** `RevisionTemplate`, whose texts may be expressions of `registered`. */
  readonly template: Readonly<Record<string, unknown>>;
  /** Changes with anything but the version that is deployed. */
  readonly contentHash: string;
}

const SERVICES = 'googleapis.run.v2.projects.locations.services';

const REVISION = 'TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION';

/** Address of its own of the revision that is tested before it gets traffic. */
export const CANDIDATE = 'candidate';

/** What names of versions end with: the version, and the hash of all else. Terraform's revision has none. */
const VERSION = '-[0-9a-f]{12}-[0-9a-f]{8}$';

/** A model is there within minutes, or never. */
const DEPLOY_SECONDS = 1800;

/**
 * A service of Cloud Run: a version is a revision, named by the release. Each step names every revision
 * that has traffic, so that none moves by itself.
 */
export function cloudRunTarget(settings: CloudRunTargetSettings): ReleaseTarget {
  return {
    // Cloud Run refuses a revision whose name does not begin with its service's.
    namePrefix: settings.serviceName.slice(settings.serviceName.lastIndexOf('/') + 1),
    contentHash: settings.contentHash,
    versionLabel: 'resource.labels.revision_name',
    smokeTestAt: 'candidate',
    subworkflows: {
      [ENDPOINT_LIVE]: live(settings),
      [ENDPOINT_DEPLOY]: deploy(settings),
      [ENDPOINT_TRAFFIC]: traffic(settings),
      [ENDPOINT_RETIRE]: retire(),
      [ENDPOINT_RETURN]: giveBack(),
      [ENDPOINT_EMPTY]: empty(),
    },
  };
}

/** The revision with the largest share of the traffic. */
function live(settings: CloudRunTargetSettings): Subworkflow {
  return {
    steps: [
      { live_begin: { assign: [{ found: null }, { most: 0 }] } },
      { live_look: { try: look(settings), retry: API_RETRY } },
      {
        // What goes to the latest revision goes to it by no name.
        live_latest: {
          assign: [
            { parts: value('text.split(service.latestReadyRevision, "/")') },
            { latest: value('parts[len(parts) - 1]') },
          ],
        },
      },
      {
        live_revisions: forEachShare([
          { live_percent: { assign: [{ percent: value('default(map.get(share, "percent"), 0)') }] } },
          { live_more: { switch: [{ condition: value('percent <= most'), next: 'continue' }] } },
          {
            live_found: {
              assign: [
                { most: value('percent') },
                { revision: value('default(map.get(share, "revision"), latest)') },
                {
                  found: {
                    id: value('revision'),
                    name: value('revision'),
                    percent: value('percent'),
                    placeholder: value(`not text.match_regex(revision, ${literal(VERSION)})`),
                    body: null,
                  },
                },
              ],
            },
          },
        ]),
      },
      { live_done: { return: value('found') } },
    ],
  };
}

function deploy(settings: CloudRunTargetSettings): Subworkflow {
  const { serviceName, template } = settings;
  const share = (revision: string, percent: number, tag?: string) => ({
    type: REVISION,
    revision,
    percent,
    ...(tag !== undefined && { tag }),
  });
  return {
    params: ['registered', 'name', 'live'],
    steps: [
      {
        deploy_revision: {
          call: `${SERVICES}.patch`,
          args: {
            name: serviceName,
            updateMask: 'template,traffic',
            body: {
              template: { ...template, revision: value('name') },
              traffic: [share(value('live.id'), 100), share(value('name'), 0, CANDIDATE)],
            },
            connector_params: { timeout: DEPLOY_SECONDS },
          },
        },
      },
      { deploy_done: { return: value('name') } },
    ],
  };
}

function traffic(settings: CloudRunTargetSettings): Subworkflow {
  const { serviceName } = settings;
  const share = (revision: string, percent: string) => ({
    type: REVISION,
    revision: value(revision),
    percent: value(percent),
  });
  return {
    params: ['id', 'live', 'percent'],
    steps: [
      { traffic_begin: { assign: [{ traffic: [share('id', 'percent')] }] } },
      {
        traffic_rest: {
          switch: [
            { condition: value('percent == 100'), next: 'traffic_patch' },
            { condition: value('live == null'), next: 'traffic_patch' },
          ],
        },
      },
      {
        traffic_keep: { assign: [{ traffic: [share('id', 'percent'), share('live.id', '100 - percent')] }] },
      },
      {
        traffic_patch: {
          try: {
            call: `${SERVICES}.patch`,
            args: { name: serviceName, updateMask: 'traffic', body: { traffic: value('traffic') } },
          },
          retry: API_RETRY,
        },
      },
      { traffic_look: { try: look(settings), retry: API_RETRY } },
      { traffic_unknown: { assign: [{ now: 0 }] } },
      {
        traffic_shares: forEachShare([
          {
            traffic_share: {
              switch: [
                { condition: value('default(map.get(share, "revision"), "") != id'), next: 'continue' },
              ],
            },
          },
          { traffic_now: { assign: [{ now: value('now + default(map.get(share, "percent"), 0)') }] } },
        ]),
      },
      { traffic_is_so: { switch: [{ condition: value('now == percent'), return: true }] } },
      {
        traffic_is_not: {
          raise: {
            message: value(
              `${literal(`${serviceName} gives `)} + id + " " + string(now) + " percent of the traffic, not " + string(percent)`,
            ),
            tags: ['NotReleased'],
          },
        },
      },
    ],
  };
}

/** A revision without traffic costs nothing, and stays to be gone back to. */
function retire(): Subworkflow {
  return { params: ['id'], steps: [{ retire_done: { return: value('id') } }] };
}

function giveBack(): Subworkflow {
  return {
    params: ['previous'],
    steps: [
      {
        return_traffic: {
          call: ENDPOINT_TRAFFIC,
          args: { id: value('previous.id'), live: null, percent: 100 },
        },
      },
      { return_done: { return: true } },
    ],
  };
}

/** Terraform deletes a service with all of its revisions. */
function empty(): Subworkflow {
  return { steps: [{ empty_done: { return: true } }] };
}

function look({ serviceName }: CloudRunTargetSettings): WorkflowStep {
  return { call: `${SERVICES}.get`, args: { name: serviceName }, result: 'service' };
}

function forEachShare(steps: Subworkflow['steps']): WorkflowStep {
  return {
    for: { value: 'share', in: value('default(map.get(service, "trafficStatuses"), [])'), steps },
  };
}
