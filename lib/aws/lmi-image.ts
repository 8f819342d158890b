import type { Construct } from 'constructs';
import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import { Grant } from 'aws-cdk-lib/aws-iam';
import { Stack } from 'aws-cdk-lib/core';
import { ContainerImage } from './container-image';
import { containerAccount } from './container-registry';

const REPOSITORY = 'djl-inference';

/**
 * Tags of AWS' Large Model Inference container, with vLLM, by its major version.
 * https://github.com/aws/deep-learning-containers/blob/master/available_images.md
 */
export const LMI_TAGS = {
  '15': '0.33.0-lmi15.0.0-cu128',
  '16': '0.34.0-lmi16.0.0-cu128',
  '17': '0.35.0-lmi17.0.0-cu128',
  '18': '0.36.0-lmi18.0.0-cu128',
} as const;

export type LmiVersion = keyof typeof LMI_TAGS;

/**
 * Regions of the registries' table for which the SageMaker Python SDK lists no LMI image:
 * `image_uri_config/djl-lmi.json`.
 */
const WITHOUT_LMI = [
  'ap-east-2',
  'ap-south-2',
  'ap-southeast-4',
  'ap-southeast-5',
  'ap-southeast-6',
  'ap-southeast-7',
  'eu-central-2',
  'eu-south-2',
  'mx-central-1',
];

/** AWS' Large Model Inference container: DJL Serving with vLLM. @param version 18 is vLLM 0.12 */
export function lmiImage(version: LmiVersion = '18'): ContainerImage {
  return new LmiImage(LMI_TAGS[version]);
}

class LmiImage extends ContainerImage {
  constructor(private readonly tag: string) {
    super();
  }

  bind(scope: Construct, puller: IGrantable): string {
    const stack = Stack.of(scope);
    const account = containerAccount(scope, REPOSITORY, WITHOUT_LMI);
    const repository = stack.formatArn({
      service: 'ecr',
      resource: 'repository',
      account,
      resourceName: REPOSITORY,
    });
    Grant.addToPrincipal({
      grantee: puller,
      actions: ['ecr:BatchCheckLayerAvailability', 'ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'],
      resourceArns: [repository],
    });
    // Names no resource: the token is the account's.
    Grant.addToPrincipal({ grantee: puller, actions: ['ecr:GetAuthorizationToken'], resourceArns: ['*'] });
    return `${account}.dkr.ecr.${stack.region}.${stack.urlSuffix}/${REPOSITORY}:${this.tag}`;
  }
}
