import { IssueError } from '../issue';
import { ContainerImage } from './container-image';

type Runtime = 'onnx' | 'triton';

/**
 * The image that serves a runtime: Triton's has a default, this library's server is an image of the
 * user's own, built once from `containers/serving`.
 */
export function servingImage(runtime: Runtime, image: ContainerImage | undefined): ContainerImage {
  if (image) return image;
  if (runtime === 'triton') return ContainerImage.triton();
  throw new IssueError('endpoint', [
    {
      code: 'serving-image-missing',
      path: 'image',
      message: 'is missing: the runtime "onnx" is served by an image in a repository of yours',
      fix: 'Build containers/serving, push it, and pass ContainerImage.fromEcrRepository(repository, tag); or choose the runtime "triton".',
    },
  ]);
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
