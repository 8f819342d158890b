import type { IGrantable, Role } from 'aws-cdk-lib/aws-iam';
import type { CfnEndpoint, CfnEndpointConfigProps, CfnEndpointProps } from 'aws-cdk-lib/aws-sagemaker';
import type { Construct } from 'constructs';
import type { AwsMachine } from '../../hardware';
import type { Issue } from '../../issue';
import type { Replicas } from '../../pipeline';
import type { Rollout } from '../guardrails';
import type { ResolvedReplicas } from '../replicas';
import type { ScaledVariant } from '../scaling-tags';
import type { VpcConfig } from '../network';
import type { ModelProps, ServedModel } from '../served-model';

/** What was asked of an endpoint, as far as its hosting has a say in it. */
export interface HostingRequest {
  /** The machine that was asked for. A serverless endpoint has none, and is described by its memory. */
  readonly machine: AwsMachine;
  readonly replicas?: Replicas;
  readonly rollout: Rollout;
  /** Props of the endpoint that were given. */
  readonly given: readonly string[];
  readonly artifact: ModelProps['artifact'];
}

/** A model and where it runs. */
export interface HostedModel extends ServedModel {
  readonly machine: AwsMachine;
  readonly replicas: ResolvedReplicas;
}

/** What an endpoint is made of, once nothing is wrong with the request. */
export interface HostingContext {
  readonly endpointName: string;
  readonly role: Role;
  readonly live: HostedModel;
  readonly rollout: Rollout;
  /** Whether the rollout was asked for, and is not the default. */
  readonly rolloutGiven: boolean;
  readonly rollbackAlarms: readonly string[];
  readonly vpcConfig?: VpcConfig;
  /** Makes the alarms of a further variant. @returns names of those that turn a release back */
  watch(id: string, variantName: string, machine: AwsMachine): readonly string[];
  /** Makes the model of a further variant. @param id of the construct */
  createModel(id: string, props: ModelProps, machine: AwsMachine): ServedModel;
}

export interface HostingBinding {
  /** Machines of all variants; none on a serverless endpoint. */
  readonly machines: readonly AwsMachine[];
  readonly config: Pick<
    CfnEndpointConfigProps,
    | 'asyncInferenceConfig'
    | 'executionRoleArn'
    | 'productionVariants'
    | 'shadowProductionVariants'
    | 'vpcConfig'
  >;
  readonly endpoint: Pick<
    CfnEndpointProps,
    'deploymentConfig' | 'excludeRetainedVariantProperties' | 'retainAllVariantProperties'
  >;
  /** Variants whose number of machines follows what they have to do. */
  readonly scaled: readonly ScaledVariant[];
  /** Adds what works on the endpoint: inference components. */
  complete(endpoint: CfnEndpoint): void;
  /** Allows what sending requests takes besides the endpoint itself. */
  grantInvoke(grantee: IGrantable): void;
}

/** One way to host a model: how it differs from the others, all in one place. */
export interface HostingMode {
  /** API calls that send a request. */
  readonly invokeActions: readonly string[];
  /** The machine that stands for an endpoint without one. @default - the machine that was asked for */
  readonly machine?: AwsMachine;
  /** What this kind of endpoint does not take. */
  check(request: HostingRequest): Issue[];
  bind(scope: Construct, context: HostingContext): HostingBinding;
}
