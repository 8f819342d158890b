import type { GoogleMachine } from '../hardware';
import type { Replicas } from '../pipeline';
import { renderMachine } from './machine';
import { renderReplicas } from './replicas';
import { type ServedVersion, STORAGE_URI } from './serving-container';
import type { ServingRuntime } from './serving-runtime';

/** Longest time a model may take to be deployed; loading a large one takes minutes. */
const DEPLOYMENT_TIMEOUT = '1800s';

/** A container must be ready after so many seconds; until then it is looked at every ten. */
const STARTUP_SECONDS = 1200;
const PERIOD_SECONDS = 10;

export interface RenderModelOptions {
  readonly displayName: string;
  readonly runtime: ServingRuntime;
  /** Of an image in Artifact Registry. */
  readonly imageUri: string;
  /** `gs://…/` of the version's directory; in a workflow an expression, `${…}`. */
  readonly artifactUri: string;
  /** Of the key that encrypts the copy that Vertex AI keeps. */
  readonly keyName: string;
  /** Texts, or expressions of a workflow. @default - the server takes any version */
  readonly served?: ServedVersion;
  /** @default - none */
  readonly versionAliases?: readonly string[];
  /** a–z, 0–9, `_` and `-`; values may be expressions of a workflow. @default {} */
  readonly labels?: Readonly<Record<string, string>>;
  /** @default - none */
  readonly versionDescription?: string;
}

/** `Model` of Vertex AI's models.upload. */
export interface RenderedModel {
  readonly displayName: string;
  readonly artifactUri: string;
  readonly containerSpec: Readonly<Record<string, unknown>>;
  readonly encryptionSpec: { readonly kmsKeyName: string };
  readonly labels: Readonly<Record<string, string>>;
  readonly versionAliases?: readonly string[];
  readonly versionDescription?: string;
}

/** https://docs.cloud.google.com/vertex-ai/docs/reference/rest/v1/projects.locations.models */
export function renderModel(options: RenderModelOptions): RenderedModel {
  const { artifactUri, displayName, imageUri, keyName, labels = {}, runtime, served } = options;
  const container = runtime.render(STORAGE_URI, served);
  return {
    displayName,
    artifactUri,
    encryptionSpec: { kmsKeyName: keyName },
    labels,
    ...(options.versionAliases && { versionAliases: options.versionAliases }),
    ...(options.versionDescription !== undefined && { versionDescription: options.versionDescription }),
    containerSpec: {
      imageUri,
      ...(container.command && { command: container.command }),
      ...(container.args && { args: container.args }),
      env: Object.entries(container.environment).map(([name, value]) => ({ name, value })),
      ports: [{ containerPort: container.port }],
      healthRoute: container.healthRoute,
      predictRoute: container.predictRoute,
      deploymentTimeout: DEPLOYMENT_TIMEOUT,
      ...(container.sharedMemoryMiB !== undefined && {
        sharedMemorySizeMb: String(container.sharedMemoryMiB),
      }),
      startupProbe: {
        httpGet: { path: container.healthRoute, port: container.port },
        periodSeconds: PERIOD_SECONDS,
        timeoutSeconds: PERIOD_SECONDS,
        failureThreshold: STARTUP_SECONDS / PERIOD_SECONDS,
      },
    },
  };
}

export interface RenderDeployedModelOptions {
  /** Resource name of the model with its version; in a workflow an expression, `${…}`. */
  readonly model: string;
  readonly displayName: string;
  readonly machine: GoogleMachine;
  /** @default - one replica */
  readonly replicas?: Replicas;
  /** The container acts as this account. */
  readonly serviceAccount: string;
}

/** `DeployedModel` of Vertex AI's endpoints.deployModel. */
export interface RenderedDeployedModel {
  readonly model: string;
  readonly displayName: string;
  readonly dedicatedResources: Readonly<Record<string, unknown>>;
  readonly serviceAccount: string;
  readonly enableAccessLogging: boolean;
}

/** https://docs.cloud.google.com/vertex-ai/docs/reference/rest/v1/projects.locations.endpoints/deployModel */
export function renderDeployedModel(options: RenderDeployedModelOptions): RenderedDeployedModel {
  const { displayName, machine, model, replicas, serviceAccount } = options;
  return {
    model,
    displayName,
    dedicatedResources: { machineSpec: renderMachine(machine), ...renderReplicas(replicas) },
    serviceAccount,
    enableAccessLogging: true,
  };
}
