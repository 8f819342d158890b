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
import type { Subworkflow, WorkflowStep } from './source';
import {
  ENDPOINTS,
  FIND,
  find,
  findByName,
  forEachModel,
  live,
  look,
  type ObservedEndpoint,
  percentOf,
} from './vertex-observation';

export interface VertexTargetSettings extends ObservedEndpoint {
  /** `DeployedModel`; its model and display name are the expressions `registered.model` and `name`. */
  readonly deployedModel: Readonly<Record<string, unknown>>;
  /** Changes with anything but the version that is deployed. */
  readonly contentHash: string;
}

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
