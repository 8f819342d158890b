import { literal, value } from './expression';
import type { ReleaseTarget } from './release-settings';
import {
  ENDPOINT_DEPLOY,
  ENDPOINT_EMPTY,
  ENDPOINT_LIVE,
  ENDPOINT_RETIRE,
  ENDPOINT_RETURN,
  ENDPOINT_TRAFFIC,
} from './release-settings';
import { API_RETRY } from './edges';
import type { Steps, Subworkflow, WorkflowStep } from './source';

export interface VertexTargetSettings {
  /** `projects/<id>/locations/<region>/endpoints/<number>` */
  readonly endpointName: string;
  readonly region: string;
  /** `DeployedModel`; its model and display name are the expressions `registered.model` and `name`. */
  readonly deployedModel: Readonly<Record<string, unknown>>;
  /** Changes with anything but the version that is deployed. */
  readonly contentHash: string;
}

const ENDPOINTS = 'googleapis.aiplatform.v1.projects.locations.endpoints';

/** A large model takes its time to load. */
const DEPLOY_SECONDS = 3600;

/** An endpoint of Vertex AI: a version is a deployed model, a share of the traffic stands in `trafficSplit`. */
export function vertexTarget(settings: VertexTargetSettings): ReleaseTarget {
  return {
    contentHash: settings.contentHash,
    versionLabel: 'metric.labels.deployed_model_id',
    smokeTestAt: 'endpoint',
    subworkflows: {
      [ENDPOINT_LIVE]: live(settings),
      [ENDPOINT_DEPLOY]: deploy(settings),
      [ENDPOINT_TRAFFIC]: traffic(settings),
      [ENDPOINT_RETIRE]: retire(settings),
      [ENDPOINT_RETURN]: giveBack(settings),
      [ENDPOINT_EMPTY]: empty(settings),
      [FIND]: findByName(settings),
    },
  };
}

/** The deployed model with the largest share of the traffic; what is needed to deploy it again is its `body`. */
function live(settings: VertexTargetSettings): Subworkflow {
  const resources = ['dedicatedResources', 'serviceAccount', 'enableAccessLogging'];
  return {
    steps: [
      look(settings, 'live_look'),
      { live_begin: { assign: [{ found: null }, { most: 0 }] } },
      {
        live_models: forEachModel([
          { live_percent: { assign: [{ percent: value(percentOf('model.id')) }] } },
          { live_more: { switch: [{ condition: value('percent <= most'), next: 'continue' }] } },
          {
            live_found: {
              assign: [
                { most: value('percent') },
                {
                  body: {
                    model: value('model.model + "@" + model.modelVersionId'),
                    displayName: value('model.displayName'),
                  },
                },
                ...resources.map((name) => ({ [`body.${name}`]: value(`map.get(model, ${literal(name)})`) })),
                {
                  found: {
                    id: value('model.id'),
                    name: value('model.displayName'),
                    percent: value('percent'),
                    body: value('body'),
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

/** A version that is there already, of a release that died on its way, is not deployed twice. */
function deploy(settings: VertexTargetSettings): Subworkflow {
  return {
    params: ['registered', 'name', 'live'],
    steps: [
      { deploy_seen: find(value('name')) },
      { deploy_there: { switch: [{ condition: value('found != null'), return: value('found') }] } },
      { deploy_model: deployModel(settings, settings.deployedModel) },
      { deploy_find: find(value('name')) },
      { deploy_found: { switch: [{ condition: value('found != null'), return: value('found') }] } },
      {
        deploy_missing: {
          raise: {
            message: value(`${literal(`endpoint ${settings.endpointName} has no `)} + name`),
            tags: ['NotReleased'],
          },
        },
      },
    ],
  };
}

/** Id of the deployed model of a name, `null` where there is none. */
const FIND = 'endpoint_find';

function find(name: string): WorkflowStep {
  return { call: FIND, args: { name }, result: 'found' };
}

function findByName(settings: VertexTargetSettings): Subworkflow {
  return {
    params: ['name'],
    steps: [
      look(settings, 'find_look'),
      {
        find_models: forEachModel([
          {
            find_is_it: {
              switch: [{ condition: value('model.displayName == name'), return: value('model.id') }],
            },
          },
        ]),
      },
      { find_none: { return: null } },
    ],
  };
}

/** Without a split: what serves goes on serving all of the traffic. */
function deployModel({ endpointName, region }: VertexTargetSettings, deployedModel: unknown): WorkflowStep {
  return {
    call: `${ENDPOINTS}.deployModel`,
    args: {
      endpoint: endpointName,
      region,
      body: { deployedModel },
      connector_params: { timeout: DEPLOY_SECONDS },
    },
  };
}

function traffic(settings: VertexTargetSettings): Subworkflow {
  const { endpointName, region } = settings;
  return {
    params: ['id', 'live', 'percent'],
    steps: [
      { traffic_begin: { assign: [{ split: {} }, { 'split[id]': value('percent') }] } },
      {
        traffic_rest: {
          switch: [
            { condition: value('percent == 100'), next: 'traffic_patch' },
            { condition: value('live == null'), next: 'traffic_patch' },
          ],
        },
      },
      { traffic_keep: { assign: [{ 'split[live.id]': value('100 - percent') }] } },
      {
        traffic_patch: {
          try: {
            call: `${ENDPOINTS}.patch`,
            args: {
              name: endpointName,
              region,
              updateMask: 'trafficSplit',
              body: { trafficSplit: value('split') },
            },
          },
          retry: API_RETRY,
        },
      },
      look(settings, 'traffic_look'),
      { traffic_now: { assign: [{ now: value(percentOf('id')) }] } },
      { traffic_is_so: { switch: [{ condition: value('now == percent'), return: true }] } },
      {
        traffic_is_not: {
          raise: {
            message: value(
              `${literal(`endpoint ${endpointName} gives `)} + id + " " + string(now) + " percent of the traffic, not " + string(percent)`,
            ),
            tags: ['NotReleased'],
          },
        },
      },
    ],
  };
}

function retire(settings: VertexTargetSettings): Subworkflow {
  return {
    params: ['id'],
    steps: [
      look(settings, 'retire_look'),
      {
        retire_models: forEachModel([
          { retire_keep: { switch: [{ condition: value('model.id == id'), next: 'continue' }] } },
          { retire_undeploy: undeploy(settings, value('model.id')) },
        ]),
      },
      { retire_done: { return: true } },
    ],
  };
}

/** Never with a split: it would overwrite the one that is there. */
function undeploy({ endpointName, region }: VertexTargetSettings, id: string): WorkflowStep {
  return {
    try: {
      call: `${ENDPOINTS}.undeployModel`,
      args: { endpoint: endpointName, region, body: { deployedModelId: id } },
    },
    retry: API_RETRY,
  };
}

/** Deploys what was live again where it is gone. */
function giveBack(settings: VertexTargetSettings): Subworkflow {
  return {
    params: ['previous'],
    steps: [
      {
        return_any: { switch: [{ condition: value('previous == null'), next: 'return_to_nothing' }] },
      },
      { return_seen: find(value('previous.name')) },
      { return_there: { switch: [{ condition: value('found != null'), next: 'return_traffic' }] } },
      { return_deploy: deployModel(settings, value('previous.body')) },
      { return_find: find(value('previous.name')) },
      {
        return_traffic: { call: ENDPOINT_TRAFFIC, args: { id: value('found'), live: null, percent: 100 } },
      },
      { return_retire: { call: ENDPOINT_RETIRE, args: { id: value('found') }, next: 'return_done' } },
      { return_to_nothing: { call: ENDPOINT_EMPTY, args: {} } },
      { return_done: { return: true } },
    ],
  };
}

/** A deployed model with traffic cannot be taken off but as the last one. */
function empty(settings: VertexTargetSettings): Subworkflow {
  return {
    steps: [
      look(settings, 'empty_look'),
      {
        empty_models_of: { assign: [{ models: value('default(map.get(endpoint, "deployedModels"), [])') }] },
      },
      {
        empty_any: {
          switch: [
            { condition: value('len(models) == 0'), return: true },
            { condition: value('len(models) == 1'), next: 'empty_last' },
          ],
        },
      },
      {
        empty_traffic: {
          call: ENDPOINT_TRAFFIC,
          args: { id: value('models[0].id'), live: null, percent: 100 },
        },
      },
      { empty_retire: { call: ENDPOINT_RETIRE, args: { id: value('models[0].id') } } },
      { empty_last: undeploy(settings, value('models[0].id')) },
      { empty_done: { return: true } },
    ],
  };
}

function look(
  { endpointName, region }: VertexTargetSettings,
  name: string,
): Readonly<Record<string, WorkflowStep>> {
  return {
    [name]: {
      try: { call: `${ENDPOINTS}.get`, args: { name: endpointName, region }, result: 'endpoint' },
      retry: API_RETRY,
    },
  };
}

function forEachModel(steps: Steps): WorkflowStep {
  return { for: { value: 'model', in: value('default(map.get(endpoint, "deployedModels"), [])'), steps } };
}

function percentOf(id: string): string {
  return `default(map.get(endpoint, ["trafficSplit", ${id}]), 0)`;
}
