import { Annotations } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import type { AwsMachine } from '../hardware';
import { type Issue, IssueError } from '../issue';
import type { ServingRuntime } from '../pipeline';
import { ContainerImage } from './container-image';
import { lmiImage } from './lmi-image';

/**
 * The image that serves a runtime: AWS publishes Triton's and vLLM's, this library's server is an image of
 * the user's own, built once from `containers/serving`.
 */
export function servingImage(runtime: ServingRuntime, image: ContainerImage | undefined): ContainerImage {
  if (image) return image;
  if (runtime === 'triton') return ContainerImage.triton();
  if (runtime === 'vllm') return lmiImage();
  throw new IssueError('endpoint', checkServingImage(runtime, image));
}

export function checkServingImage(runtime: ServingRuntime, image: ContainerImage | undefined): Issue[] {
  if (image || runtime !== 'onnx') return [];
  return [
    {
      code: 'serving-image-missing',
      path: 'image',
      message: 'is missing: the runtime "onnx" is served by an image in a repository of yours',
      fix: 'Build containers/serving, push it, and pass ContainerImage.fromEcrRepository(repository, tag); or choose the runtime "triton".',
    },
  ];
}

/** Warns of a GPU that would stay idle: this library's server runs models on the CPU. */
export function warnOfIdleGpu(scope: Construct, runtime: ServingRuntime, machine: AwsMachine): void {
  if (runtime !== 'onnx' || machine.accelerator === 'cpu') return;
  Annotations.of(scope).addWarningV2(
    'cdk-model-pipeline:gpu-idle',
    `the runtime "onnx" runs models on the CPU: the ${machine.accelerator} of ${machine.name} stays idle. ` +
      'Choose the runtime "triton" to use it, or a machine without one to save it.',
  );
}

export interface ServedVersion {
  readonly pipeline: string;
  readonly version: string;
  readonly digest: string;
}

/**
 * Variables of the container: this library's server names the model by them, and refuses to serve another
 * version. The digest is there to be seen.
 */
export function serverEnvironment({ pipeline, version, digest }: ServedVersion): Record<string, string> {
  return {
    MODEL_PIPELINE_NAME: pipeline,
    MODEL_PIPELINE_EXPECT: version,
    MODEL_PIPELINE_DIGEST: digest,
  };
}
