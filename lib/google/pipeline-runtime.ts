import { languageModelNeeds } from '../hardware';
import { type Issue, issue } from '../issue';
import { type PipelineDefinition, servingRuntime } from '../pipeline';
import type { ContainerImage } from './container-image';
import { ServingRuntime } from './serving-runtime';

export interface PipelineRuntime {
  readonly runtime: ServingRuntime;
  readonly issues: readonly Issue[];
}

/**
 * What serves a definition: what was asked for, or else this library's server, or Google's vLLM. A language
 * model is served with the load that its machine was checked for.
 */
export function pickRuntime(
  definition: PipelineDefinition,
  serverImage: ContainerImage,
  asked?: ServingRuntime,
): PipelineRuntime {
  const wanted = servingRuntime(definition);
  const runtime = asked ?? (wanted === 'vllm' ? ServingRuntime.vllm() : ServingRuntime.onnx(serverImage));
  const needs = languageModelNeeds(definition);
  const fits = runtime.kind === 'own' || runtime.kind === wanted;
  return {
    runtime: (needs && runtime.forPrompts?.(needs.load)) ?? runtime,
    issues: fits ? [] : [asked ? otherRuntime(runtime.kind, wanted) : MISSING_TRITON],
  };
}

const MISSING_TRITON = issue(
  'runtime-missing',
  'runtime',
  'is missing: NVIDIA publishes Triton outside of Artifact Registry, and Vertex AI serves images of Artifact Registry only',
  'Copy nvcr.io/nvidia/tritonserver into a repository of yours, and pass ServingRuntime.triton(image).',
);

function otherRuntime(kind: string, wanted: string): Issue {
  const message = `is ${kind}; deployment.endpoint.runtime is ${wanted}`;
  return issue(
    'runtime-differs',
    'runtime',
    message,
    `Pass ServingRuntime.${wanted}(…), or change the definition.`,
  );
}
