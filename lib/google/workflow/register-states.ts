import type { FunctionStep } from '../../pipeline';
import type { RenderedModel } from '../served-model';
import { literal, stepName, value } from './expression';
import { retried } from './job-states';
import type { Locations } from './locate';
import { unless } from './lock-states';
import type { Subworkflow, Steps, WorkflowStep } from './source';
import { READ_JSON } from './subworkflows';

/**
 * The variable with the version: `version`, `digest`, `path` of its directory, and `model`, its resource
 * name in the registry with its version id.
 */
export const REGISTERED = 'registered';

/** Lists the version `registered` in the registry; returns its resource name. */
export const UPLOAD_MODEL = 'upload_model';
/** Sets the label `approval` of the version `name`. */
export const SET_APPROVAL = 'set_approval';

export interface RegisterSettings {
  /** `projects/<id>/locations/<region>` */
  readonly parent: string;
  readonly region: string;
  /** `modelId` of the first upload; later ones add versions to it. */
  readonly modelId: string;
  /** `Model`, whose texts may be expressions of `registered`. */
  readonly model: RenderedModel;
}

const MODELS = 'googleapis.aiplatform.v1.projects.locations.models';

/**
 * Publishes the version in the store, looks that what stands there is what was verified, then lists it in
 * Vertex AI's registry: as a version of the pipeline's model, waiting for approval.
 */
export function registerStates(step: FunctionStep, call: WorkflowStep, locations: Locations): Steps {
  const name = stepName(step.id);
  const { version } = locations.outputsOf(step);
  if (version === undefined) throw new Error(`step "${step.id}" has no output "version"`);
  const made = `${name}_made`;
  const published = `${name}_published`;
  const digest = (manifest: string) =>
    step.parameters.runtime === 'vllm' ? `${manifest}.modelDigest` : `${manifest}.files["model.onnx"].sha256`;
  return [
    {
      [name]: retried(step, {
        steps: [
          { [`${name}_program`]: call },
          {
            [`${name}_read`]: {
              call: READ_JSON,
              args: { path: value(`${version.path} + "manifest.json"`) },
              result: made,
            },
          },
          {
            [`${name}_version`]: {
              assign: [
                {
                  [REGISTERED]: {
                    version: value(`${made}.version`),
                    digest: value(digest(made)),
                    path: value(`"models/" + ${made}.version + "/"`),
                  },
                },
              ],
            },
          },
          {
            [`${name}_read_published`]: {
              call: READ_JSON,
              args: { path: value(`${REGISTERED}.path + "manifest.json"`) },
              result: published,
            },
          },
          {
            [`${name}_is_it`]: {
              switch: [
                {
                  condition: value(`${digest(published)} != ${REGISTERED}.digest`),
                  raise: {
                    message: value(`"the store holds another model as version " + ${REGISTERED}.version`),
                    tags: ['VersionDiffers'],
                  },
                },
              ],
            },
          },
          {
            [`${name}_upload`]: {
              call: UPLOAD_MODEL,
              args: { registered: value(REGISTERED) },
              result: `${name}_model`,
            },
          },
          { [`${name}_model_name`]: { assign: [{ [`${REGISTERED}.model`]: value(`${name}_model`) }] } },
          { [`${name}_forget`]: { assign: [{ [made]: null }, { [published]: null }] } },
        ],
      }),
    },
  ];
}

/** A version that is listed already stays as it is. */
export function uploadModel({ model, modelId, parent, region }: RegisterSettings): Subworkflow {
  const modelName = `${parent}/models/${modelId}`;
  const get = (name: string, result: string): WorkflowStep => ({
    call: `${MODELS}.get`,
    args: { name, region },
    result,
  });
  const upload = (of: object, next: string): WorkflowStep => ({
    call: `${MODELS}.upload`,
    args: { parent, region, body: { ...of, model } },
    next,
  });
  return {
    params: [REGISTERED],
    steps: [
      {
        upload_begin: {
          assign: [{ name: value(`${literal(`${modelName}@version-`)} + ${REGISTERED}.version`) }],
        },
      },
      {
        upload_look: {
          try: get(value('name'), 'listed'),
          except: unless('upload_look', [404], 'upload_parent'),
          next: 'upload_done',
        },
      },
      {
        upload_parent: {
          try: get(modelName, 'first'),
          except: unless('upload_parent', [404], 'upload_first'),
        },
      },
      { upload_next: upload({ parentModel: modelName }, 'upload_read') },
      { upload_first: upload({ modelId }, 'upload_read') },
      { upload_read: get(value('name'), 'listed') },
      { upload_done: { return: value(`${literal(`${modelName}@`)} + listed.versionId`) } },
    ],
  };
}

/** Labels of a version are replaced as a whole. */
export function setApproval(region: string): Subworkflow {
  return {
    params: ['name', 'approval'],
    steps: [
      {
        approval_look: { call: `${MODELS}.get`, args: { name: value('name'), region }, result: 'model' },
      },
      {
        approval_labels: {
          assign: [
            { labels: value('default(map.get(model, "labels"), json.decode("{}"))') },
            { 'labels.approval': value('approval') },
          ],
        },
      },
      {
        approval_set: {
          call: `${MODELS}.patch`,
          args: {
            name: value('name'),
            region,
            updateMask: 'labels',
            body: { name: value('name'), labels: value('labels') },
          },
        },
      },
      { approval_done: { return: true } },
    ],
  };
}

/** Path of what stands in the version that is registered, as an expression. */
export function pathOfVersion(below: string): string {
  return below === '' ? `${REGISTERED}.path` : `${REGISTERED}.path + ${literal(below)}`;
}

/** Texts of a `Model`, as expressions of the version that is registered. */
export const REGISTERED_TEXTS = {
  version: value(`${REGISTERED}.version`),
  digest: value(`${REGISTERED}.digest`),
  /** Labels have at most 63 characters, a SHA-256 has 64. */
  digestLabel: value(`text.substring(${REGISTERED}.digest, 0, 63)`),
  alias: value(`"version-" + ${REGISTERED}.version`),
  run: value('sys.get_env("GOOGLE_CLOUD_WORKFLOW_EXECUTION_ID")'),
  /** @param below directory of the version, `model/`; empty for the version itself */
  artifactUri: (bucketName: string, below: string) =>
    value(`${literal(`gs://${bucketName}/`)} + ${pathOfVersion(below)}`),
} as const;
