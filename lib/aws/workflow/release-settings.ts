import type { CfnEndpointConfig } from 'aws-cdk-lib/aws-sagemaker';
import type { AwsMachine, LanguageModelNeeds } from '../../hardware';
import type { State } from '../asl';
import type { VpcConfig } from '../network';
import type { ResolvedReplicas } from '../replicas';
import type { LockSettings } from './lock-states';

/** What the release workflow needs to know of the endpoint that it owns. */
export interface EndpointSettings {
  readonly pipeline: string;
  readonly endpointName: string;
  readonly imageUri: string;
  readonly roleArn: string;
  readonly bucketName: string;
  readonly lock: LockSettings;
  readonly machine: AwsMachine;
  readonly replicas: ResolvedReplicas;
  /** Of a language model, which vLLM serves. @default - a package of an ONNX model */
  readonly languageModel?: LanguageModelNeeds;
  /** Runs the model without a machine. @default - on the machine */
  readonly serverless?: CfnEndpointConfig.ServerlessConfigProperty;
  readonly alarmNames: readonly string[];
  /** The task that tries the version, without its `Next`. */
  readonly smokeTest: State;
  readonly capture?: CfnEndpointConfig.DataCaptureConfigProperty;
  /** Of an asynchronous endpoint. @default - it answers at once */
  readonly queue?: CfnEndpointConfig.AsyncInferenceConfigProperty;
  readonly diskKeyArn?: string;
  readonly vpcConfig?: VpcConfig;
}

export interface ReleaseSettings extends EndpointSettings {
  /** Changes with anything but the version that model and configuration hold. */
  readonly contentHash: string;
}

/** Present in the run's state once the release has begun to change an endpoint: its configuration before. */
export const PREVIOUS = '$.previous';
/** Present in the run's state once the release has created the endpoint. */
export const CREATED = '$.created';
