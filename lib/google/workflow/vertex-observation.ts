import { API_RETRY } from './edges';
import { literal, value } from './expression';
import type { Steps, Subworkflow, WorkflowStep } from './source';

export const ENDPOINTS = 'googleapis.aiplatform.v1.projects.locations.endpoints';

/** An endpoint of Vertex AI that is looked at. */
export interface ObservedEndpoint {
  /** `projects/<id>/locations/<region>/endpoints/<number>` */
  readonly endpointName: string;
  readonly region: string;
}

/** The deployed model with the largest share of the traffic; what is needed to deploy it again is its `body`. */
export function live(settings: ObservedEndpoint): Subworkflow {
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

/** Id of the deployed model of a name, `null` where there is none. */
export const FIND = 'endpoint_find';

export function find(name: string): WorkflowStep {
  return { call: FIND, args: { name }, result: 'found' };
}

export function findByName(settings: ObservedEndpoint): Subworkflow {
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

/** The step `name` that reads the endpoint, as `endpoint`. */
export function look(
  { endpointName, region }: ObservedEndpoint,
  name: string,
): Readonly<Record<string, WorkflowStep>> {
  return {
    [name]: {
      try: { call: `${ENDPOINTS}.get`, args: { name: endpointName, region }, result: 'endpoint' },
      retry: API_RETRY,
    },
  };
}

/** Steps for every deployed model of `endpoint`, as `model`. */
export function forEachModel(steps: Steps): WorkflowStep {
  return { for: { value: 'model', in: value('default(map.get(endpoint, "deployedModels"), [])'), steps } };
}

/** Share of the traffic of `endpoint` that a deployed model has, as an expression. */
export function percentOf(id: string): string {
  return `default(map.get(endpoint, ["trafficSplit", ${id}]), 0)`;
}
