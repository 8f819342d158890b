import type { Tensor } from '../artifact';
import { bytesFromTensor } from '../artifact/tensor-bytes';
import { datatypeOf } from './datatypes';
import { refusal } from './http-error';
import type { InferenceRequest, ModelContract } from './inference';
import {
  accepts,
  contentTypeOf,
  JSON_TYPE,
  OCTET_STREAM_TYPE,
  SAGEMAKER_BINARY_TYPE,
  type Framing,
} from './media-type';
import { elementsOf, predictionsOf } from './predictions';

/** What the response may be: decided before the model runs, so that no run is wasted. */
export interface ResponseFormat {
  /** Outputs that go out as bytes after the JSON, by name. */
  readonly binary: ReadonlySet<string>;
  readonly framing: Framing;
}

export interface Response {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
}

/**
 * Chooses the form of the response. Outputs whose request leaves it open go out as bytes when the
 * client accepts only those.
 *
 * @param framing of the request, or the one its route answers in
 * @throws HttpError 406 when the client accepts neither
 */
export function negotiate(
  { form, outputs }: InferenceRequest,
  accept: string | undefined,
  framing: Framing,
): ResponseFormat {
  const binaryType = framing === 'sagemaker' ? SAGEMAKER_BINARY_TYPE : OCTET_STREAM_TYPE;
  const takesJson = accepts(accept, JSON_TYPE);
  const takesBinary = form === 'tensors' && accepts(accept, binaryType);
  const binary = new Set(
    outputs.filter((output) => output.binary ?? (takesBinary && !takesJson)).map(({ name }) => name),
  );
  if (binary.size > 0 ? takesBinary : takesJson) return { binary, framing };
  const available = form === 'tensors' ? `${JSON_TYPE} or ${binaryType}` : JSON_TYPE;
  const message = `cannot answer this request as ${JSON.stringify(accept)}`;
  throw refusal(406, 'accept', 'accept', message, `accept ${available}`);
}

export function encodeResponse(
  request: InferenceRequest,
  results: Readonly<Record<string, Tensor>>,
  model: ModelContract,
  { binary, framing }: ResponseFormat,
): Response {
  if (request.form === 'instances') {
    const predictions = predictionsOf(results, request.batch, model.preprocessing?.labels);
    return { headers: { 'content-type': JSON_TYPE }, body: JSON.stringify({ predictions }) };
  }
  const tail: Buffer[] = [];
  const outputs = request.outputs.map(({ name }) => {
    const tensor = results[name];
    if (!tensor) throw new Error(`the model gave no output "${name}"`);
    const { shape, dtype } = tensor;
    const described = { name, shape, datatype: datatypeOf(dtype) };
    if (!binary.has(name)) return { ...described, data: elementsOf(tensor) };
    const bytes = bytesFromTensor(tensor);
    tail.push(bytes);
    return { ...described, parameters: { binary_data_size: bytes.length } };
  });
  const { name, version } = model;
  const json = JSON.stringify({ model_name: name, model_version: version, id: request.id, outputs });
  if (binary.size === 0) return { headers: { 'content-type': JSON_TYPE }, body: json };
  const head = Buffer.from(json);
  return { headers: contentTypeOf(framing, head.length), body: Buffer.concat([head, ...tail]) };
}
