import { Grant, type Role } from 'aws-cdk-lib/aws-iam';
import { Asset } from 'aws-cdk-lib/aws-s3-assets';
import { CfnModel } from 'aws-cdk-lib/aws-sagemaker';
import type { Construct } from 'constructs';
import type { VerifiedArtifact } from '../artifact';
import { type AwsMachine, checkModelFits } from '../hardware';
import { type Issue, issue } from '../issue';
import type { ContainerImage } from './container-image';
import { lmiImage } from './lmi-image';
import type { VpcConfig } from './network';
import { BYTES_METADATA } from './rules/bytes-metadata';
import { artifactTags, checkArtifact, shortDigest } from './served-artifact';
import { ServedLanguageModel } from './served-language-model';
import { serverEnvironment, servingImage, warnOfIdleGpu } from './serving-image';

/** A model and the container that serves it. */
export interface ModelProps {
  /** `VerifiedArtifact.fromDirectory(…)`, or a language model that was verified: nothing else is served. */
  readonly artifact: VerifiedArtifact | ServedLanguageModel;
  /**
   * @default - AWS' Triton for the runtime `triton`, AWS' LMI for language models; the runtime `onnx` has
   *   no default
   */
  readonly image?: ContainerImage;
  /**
   * What this library's server runs the model on. `cuda` needs an image with the CUDA libraries, and a
   * GPU; the server does not start without them.
   * @default "cpu"
   */
  readonly executionProvider?: 'cpu' | 'cuda';
  /** Further variables of the container. @default - none */
  readonly environment?: Readonly<Record<string, string>>;
}

export interface ServedModel {
  readonly model: CfnModel;
  readonly modelName: string;
  readonly modelBytes: number;
  /** GPUs that one copy is spread over. */
  readonly devices: number;
}

/** What is wrong with a model and its container on this machine. */
export function checkModel(props: ModelProps, machine: AwsMachine, path: string): Issue[] {
  const { artifact, executionProvider } = props;
  const issues = checkArtifact(artifact, below(path, 'artifact'));
  if (issues.length > 0) return issues;
  const machinePath = below(path, 'machine');
  if (artifact instanceof ServedLanguageModel) return artifact.check(machine, machinePath);
  const onGpu = executionProvider === 'cuda';
  return [
    ...checkModelFits({ modelBytes: artifact.bytes, machine, path: machinePath }),
    ...(onGpu && artifact.runtime !== 'onnx'
      ? [
          issue(
            'execution-provider',
            below(path, 'executionProvider'),
            `is for this library's server; the runtime "${artifact.runtime}" chooses by itself`,
            'Leave it out.',
          ),
        ]
      : []),
    ...(onGpu && machine.accelerators === 0
      ? [
          issue(
            'execution-provider',
            below(path, 'executionProvider'),
            `is "cuda"; ${machine.name} has no GPU`,
            'Ask for an accelerator, or leave the field out.',
          ),
        ]
      : []),
  ];
}

/** Makes the model, and lets the role read it and pull its image. */
export function createModel(
  scope: Construct,
  id: string,
  props: ModelProps,
  { machine, role, vpcConfig }: { machine: AwsMachine; role: Role; vpcConfig?: VpcConfig },
): ServedModel {
  const { artifact, executionProvider, environment } = props;
  const language = artifact instanceof ServedLanguageModel;
  if (!language && executionProvider !== 'cuda') warnOfIdleGpu(scope, artifact.runtime, machine);
  const image = language ? (props.image ?? lmiImage()) : servingImage(artifact.runtime, props.image);
  const container = language
    ? artifact.bind(role)
    : {
        modelDataUrl: uploadArchive(scope, id, artifact, role),
        environment: {
          ...serverEnvironment(artifact),
          ...(executionProvider && { MODEL_PIPELINE_EXECUTION_PROVIDER: executionProvider }),
        },
      };
  const model = new CfnModel(scope, `Model${id}${shortDigest(artifact)}`, {
    executionRoleArn: role.roleArn,
    primaryContainer: {
      image: image.bind(scope, role),
      ...container,
      environment: { ...container.environment, ...environment },
    },
    vpcConfig,
    tags: artifactTags(artifact),
  });
  model.addMetadata('digest', `sha256:${artifact.digest}`);
  if (!language) model.addMetadata(BYTES_METADATA, artifact.bytes);
  // SageMaker reads the model's files and pulls the image when the model is made.
  model.node.addDependency(role);
  return {
    model,
    modelName: model.attrModelName,
    modelBytes: artifact.bytes,
    devices: language ? artifact.tensorParallel : 1,
  };
}

function uploadArchive(scope: Construct, id: string, artifact: VerifiedArtifact, role: Role): string {
  const archive = new Asset(scope, `Archive${id}`, { path: artifact.archive });
  Grant.addToPrincipal({
    grantee: role,
    actions: ['s3:GetObject'],
    resourceArns: [archive.bucket.arnForObjects(archive.s3ObjectKey)],
  });
  return archive.s3ObjectUrl;
}

function below(path: string, field: string): string {
  return path === '' ? field : `${path}.${field}`;
}
