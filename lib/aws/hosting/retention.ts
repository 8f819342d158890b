import type { CfnEndpointProps } from 'aws-cdk-lib/aws-sagemaker';

/** A deployment keeps the number of replicas that scaling has chosen. */
export function retention(
  scales: boolean,
): Pick<CfnEndpointProps, 'excludeRetainedVariantProperties' | 'retainAllVariantProperties'> {
  return {
    retainAllVariantProperties: scales,
    ...(scales && { excludeRetainedVariantProperties: [{ variantPropertyType: 'DataCaptureConfig' }] }),
  };
}
