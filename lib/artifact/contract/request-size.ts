import type { Issue } from '../../issue';
import type { Dtype, ModelSignature } from '../../pipeline/definition';

/**
 * Bytes of the largest request a service passes on to the model.
 * SageMaker: https://docs.aws.amazon.com/sagemaker/latest/dg/deploy-model-options.html;
 * Vertex AI: https://cloud.google.com/vertex-ai/docs/predictions/choose-endpoint-type.
 */
const MAX_BYTES = {
  'sagemaker-real-time': 25 * 10 ** 6,
  'sagemaker-serverless': 4 * 10 ** 6,
  'vertex-shared': 1.5 * 10 ** 6,
  'vertex-dedicated': 10 * 10 ** 6,
} as const;
export type ServiceName = keyof typeof MAX_BYTES;

/** Fewest bytes of an element in a request: as it is in binary, a text as nothing. */
const ELEMENT_BYTES: Readonly<Record<Dtype, number>> = {
  float16: 2,
  float32: 4,
  float64: 8,
  int8: 1,
  int16: 2,
  int32: 4,
  int64: 8,
  uint8: 1,
  bool: 1,
  string: 0,
};

/** Whether the smallest request there is, every size that varies being 1, is more than a service takes. */
export function requestSizeIssues({ inputs }: ModelSignature, service: ServiceName): Issue[] {
  const bytes = Object.values(inputs).reduce((sum, { dtype, shape }) => {
    const elements = shape.reduce<number>(
      (product, size) => product * (typeof size === 'number' ? size : 1),
      1,
    );
    return sum + elements * ELEMENT_BYTES[dtype];
  }, 0);
  if (bytes <= MAX_BYTES[service]) return [];
  const message = `one request has at least ${bytes} bytes; ${service} takes ${MAX_BYTES[service]}`;
  const fix = 'send a reference to the input or a compressed form of it and decode it before the model';
  return [{ code: 'request-size', path: 'signature.inputs', message, fix }];
}
