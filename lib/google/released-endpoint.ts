import { type PipelineDefinition, servingRuntime } from '../pipeline';
import type { IArtifactStore } from './artifact-store';
import type { ContainerImage } from './container-image';
import type { ReleaseLevels } from './endpoint-alarms';
import * as metrics from './endpoint-metrics';
import type { AlarmActions } from './leveled-alarms';
import type { NetworkProps } from './network';
import type { Project } from './project';
import { renderModel } from './served-model';
import type { ServingRuntime } from './serving-runtime';
import type { StoreLocation } from './store-location';
import { pathOfVersion, REGISTERED_TEXTS, type RegisterSettings } from './workflow/register-states';
import type { ReleaseLimit } from './workflow/release-settings';

/** Where in a version its model stands as the runtime takes it. */
const SERVED_DIRECTORIES = { onnx: '', triton: 'triton/', vllm: 'model/' } as const;

/** What an endpoint that the release workflow fills is made of, wherever it is. */
export interface ReleasedEndpointProps {
  readonly project: Project;
  readonly definition: PipelineDefinition;
  readonly store: IArtifactStore;
  readonly runtime: ServingRuntime;
  readonly serverImage: ContainerImage;
  readonly actions: AlarmActions;
  /** `modelId` of the registry. */
  readonly modelId: string;
  readonly network?: NetworkProps;
}

/** Directory of the version that is served; empty where it is the version itself. */
export function servedDirectory(definition: PipelineDefinition): string {
  return SERVED_DIRECTORIES[servingRuntime(definition)];
}

/** What a version is tried with: its golden samples, or the prompts of a language model. */
export function samplesOf(definition: PipelineDefinition): StoreLocation {
  const path = pathOfVersion(servingRuntime(definition) === 'vllm' ? 'prompts.json' : 'golden/');
  return { path, prefixes: ['models/'] };
}

/** A version in the registry: what it is, and how it is served. */
export function renderRegister(props: ReleasedEndpointProps, imageUri: string): RegisterSettings {
  const { definition, modelId, project, runtime, store } = props;
  const { alias, artifactUri, digest, digestLabel, run, version } = REGISTERED_TEXTS;
  return {
    parent: `projects/${project.id}/locations/${project.region}`,
    region: project.region,
    modelId,
    model: renderModel({
      displayName: definition.name,
      runtime,
      imageUri,
      keyName: store.keyName,
      artifactUri: artifactUri(store.bucketName, servedDirectory(definition)),
      served: { pipeline: definition.name, version, digest },
      labels: { pipeline: definition.name, version, digest: digestLabel, run },
      versionAliases: [alias],
    }),
  };
}

/** The levels that turn a release back, in the units of their metrics. */
export function releaseLimits(
  endpoint: metrics.EndpointReference,
  { errorPercent, latencyP99Ms }: ReleaseLevels,
): ReleaseLimit[] {
  const errors = metrics.errorShare(endpoint, '5xx');
  return [
    ...(latencyP99Ms === undefined ? [] : [{ metric: metrics.latencyMs(endpoint, 99), most: latencyP99Ms }]),
    ...(errorPercent === undefined
      ? []
      : [{ metric: errors, most: Number((errorPercent * (errors.scale ?? 1)).toPrecision(12)) }]),
  ];
}
