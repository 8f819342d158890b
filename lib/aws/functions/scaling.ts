import { ApplicationAutoScalingClient } from '@aws-sdk/client-application-auto-scaling';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { SageMakerClient } from '@aws-sdk/client-sagemaker';
import { type CustomResourceEvent, respond } from './custom-resource';
import { EndpointScaler, type Patience, type ScalingClients } from './endpoint-scaler';

/** The endpoint has come into service. */
export interface EndpointEvent {
  readonly endpointName: string;
}

/** Properties of the custom resource that an endpoint waits for. */
export interface ScalingProperties {
  readonly EndpointName: string;
  /** The configuration that the endpoint is about to have. */
  readonly EndpointConfigName: string;
}

export type ScalingEvent = EndpointEvent | CustomResourceEvent<ScalingProperties>;

/**
 * Keeps an endpoint's scaling what its live configuration says, and takes it off for the moment of a change
 * that SageMaker refuses otherwise.
 */
export function createHandler(
  clients: ScalingClients,
  patience?: Patience,
): (event: ScalingEvent) => Promise<void> {
  return async (event) => {
    if (!('RequestType' in event)) {
      await new EndpointScaler(clients, event.endpointName, patience).reconcile();
      return;
    }
    const { EndpointConfigName, EndpointName } = event.ResourceProperties;
    const scaler = new EndpointScaler(clients, EndpointName, patience);
    // Another id replaces the resource, and so has CloudFormation delete the one before when all is done.
    await respond(event, `${EndpointName}/${EndpointConfigName}`, () =>
      event.RequestType === 'Delete' ? scaler.settle() : scaler.prepare(EndpointConfigName),
    );
  };
}

export const handler = createHandler({
  scaling: new ApplicationAutoScalingClient(),
  cloudwatch: new CloudWatchClient(),
  sagemaker: new SageMakerClient(),
});
