import type { CfnEndpointConfig } from 'aws-cdk-lib/aws-sagemaker';
import type { AwsMachine } from '../hardware';
import type { Capture } from '../pipeline';
import type { ResolvedReplicas } from './replicas';

/** The first variant of every endpoint. Its name must not change: guardrails refuse an update that renames it. */
export const VARIANT = 'live';

/** SageMaker takes 60 to 3600 seconds for downloading a model and for starting its container. */
const MAX_START_SECONDS = 3600;
const START_SECONDS = 600;
/** What a model is downloaded, unpacked and loaded with at the least. */
const BYTES_PER_SECOND = 20 * 2 ** 20;

export interface VariantSettings {
  /** @default "live" */
  readonly name?: string;
  readonly modelName: string;
  readonly machine: AwsMachine;
  readonly replicas: Pick<ResolvedReplicas, 'min'>;
  /** Size of the model where it is known. @default - ten minutes for download and start */
  readonly modelBytes?: number;
  /** Share of the requests, against the other variants'. @default 1 */
  readonly weight?: number;
  /** Runs the model without a machine. @default - on the machine */
  readonly serverless?: CfnEndpointConfig.ServerlessConfigProperty;
}

/** How the model runs, for the template and for the release workflow alike. */
export function renderVariant(settings: VariantSettings): CfnEndpointConfig.ProductionVariantProperty {
  const { name = VARIANT, modelName, machine, replicas, modelBytes, weight = 1, serverless } = settings;
  const variant = { variantName: name, modelName, initialVariantWeight: weight };
  if (serverless) return { ...variant, serverlessConfig: serverless };
  return {
    ...variant,
    instanceType: machine.name,
    // One that scales to zero begins with one: SageMaker makes no variant without a machine.
    initialInstanceCount: Math.max(1, replicas.min),
    ...startTimeouts(modelBytes),
  };
}

/** Time to download and to start a model of that size. */
export function startTimeouts(modelBytes = 0) {
  const seconds = Math.min(MAX_START_SECONDS, START_SECONDS + Math.ceil(modelBytes / BYTES_PER_SECOND));
  return {
    modelDataDownloadTimeoutInSeconds: seconds,
    containerStartupHealthCheckTimeoutInSeconds: seconds,
  };
}

export interface CaptureSettings extends Capture {
  /** `s3://…` below which SageMaker records requests and responses, as `<endpoint>/<variant>/<hour>/`. */
  readonly destination: string;
  readonly keyArn: string;
}

/** Records a share of the requests with their responses: JSON as text, all else in base64. */
export function renderCapture(settings: CaptureSettings): CfnEndpointConfig.DataCaptureConfigProperty {
  return {
    enableCapture: true,
    initialSamplingPercentage: Math.ceil(settings.samplePercent),
    destinationS3Uri: settings.destination,
    kmsKeyId: settings.keyArn,
    captureOptions: [{ captureMode: 'Input' }, { captureMode: 'Output' }],
    captureContentTypeHeader: { jsonContentTypes: ['application/json'] },
  };
}
