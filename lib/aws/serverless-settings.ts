import type { CfnEndpointConfig } from 'aws-cdk-lib/aws-sagemaker';
import { type Issue, issue } from '../issue';
import type { Deployment, PipelineDefinition } from '../pipeline';
import { Serverless } from './hosting/serverless';

/** How the definition's serverless endpoint runs; nothing for another mode. */
export function serverlessSettings({
  mode,
  machine,
  replicas = {},
}: Deployment['endpoint']): CfnEndpointConfig.ServerlessConfigProperty | undefined {
  if (mode !== 'serverless') return undefined;
  const { min = 0, max = min } = replicas;
  return {
    memorySizeInMb: (machine.memoryGiB ?? 0) * 1024,
    // One request at a time on each copy.
    maxConcurrency: max,
    ...(min > 0 && { provisionedConcurrency: min }),
  };
}

/** What a definition asks for that SageMaker's serverless endpoints do not have. */
export function checkServerless({ deployment, monitoring }: PipelineDefinition, inVpc: boolean): Issue[] {
  const { endpoint, release } = deployment;
  if (endpoint.mode !== 'serverless') return [];
  const { accelerator = 'cpu', memoryGiB } = endpoint.machine;
  const refusals: readonly (readonly [wrong: boolean, path: string, message: string, fix: string])[] = [
    [
      accelerator !== 'cpu',
      'deployment.endpoint.machine.accelerator',
      `is "${accelerator}"; a serverless endpoint has no GPU`,
      'Leave it out, or choose another mode.',
    ],
    [
      !Serverless.MEMORY_GIB.some((size) => size === memoryGiB),
      'deployment.endpoint.machine.memoryGiB',
      `is ${memoryGiB ?? 'missing'}; a serverless endpoint has 1 to 6`,
      'Choose a whole number from 1 to 6.',
    ],
    [
      (endpoint.replicas?.max ?? 1) > Serverless.MAX_CONCURRENCY,
      'deployment.endpoint.replicas.max',
      `is ${endpoint.replicas?.max ?? ''}; a serverless endpoint has at most ${Serverless.MAX_CONCURRENCY} requests at a time`,
      `Choose at most ${Serverless.MAX_CONCURRENCY}.`,
    ],
    [
      release !== undefined,
      'deployment.release',
      'is not carried out: SageMaker moves a serverless endpoint all at once, without guardrails',
      'Leave it out.',
    ],
    [
      monitoring.capture !== undefined,
      'monitoring.capture',
      'is not carried out: SageMaker records no requests of a serverless endpoint',
      'Leave it out.',
    ],
    [inVpc, 'network', 'is not taken: a serverless endpoint runs in no VPC', 'Leave it out.'],
  ];
  return refusals
    .filter(([wrong]) => wrong)
    .map(([, path, message, fix]) => issue('serverless-without', path, message, fix));
}
