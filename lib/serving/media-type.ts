import { refusal, unsupportedType, type HttpError } from './http-error';

/**
 * How JSON and tensor bytes share one body. `sagemaker`: the content type carries the length of the
 * JSON, as SageMaker forwards no other header. `octet-stream`: a header does, as in KServe and Triton.
 */
export type Framing = 'sagemaker' | 'octet-stream';

export interface BodyFormat {
  /** Bytes of JSON at the start of the body; tensor bytes follow. */
  readonly jsonBytes: number;
  /** Absent where the body is JSON alone. */
  readonly framing?: Framing;
}

export const JSON_TYPE = 'application/json';
export const OCTET_STREAM_TYPE = 'application/octet-stream';
export const SAGEMAKER_BINARY_TYPE = 'application/vnd.sagemaker-triton.binary+json';
/** Length of the JSON, in bytes, beside `application/octet-stream`. */
export const JSON_LENGTH_HEADER = 'inference-header-content-length';

/**
 * Reads how a request's body is laid out. A body without a content type counts as JSON: Triton's
 * Python client sends none.
 *
 * @throws HttpError 415 for a type the server does not take, 400 for a length outside the body
 */
export function readBodyFormat(
  headers: Readonly<Record<string, string | string[] | undefined>>,
  bodyBytes: number,
): BodyFormat {
  const contentType = String(headers['content-type'] ?? '');
  const [type = '', ...parameters] = contentType.split(';').map((part) => part.trim());
  const lengthHeader = headers[JSON_LENGTH_HEADER];
  const encoding = headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity') throw unsupportedEncoding(String(encoding));

  switch (type.toLowerCase()) {
    case SAGEMAKER_BINARY_TYPE: {
      const size = parameters.find((parameter) => parameter.startsWith('json-header-size='));
      const value = size?.slice('json-header-size='.length) ?? '';
      return { jsonBytes: jsonLength(value, 'json-header-size', bodyBytes), framing: 'sagemaker' };
    }
    case OCTET_STREAM_TYPE:
      return {
        jsonBytes: jsonLength(String(lengthHeader ?? ''), JSON_LENGTH_HEADER, bodyBytes),
        framing: 'octet-stream',
      };
    case '':
    case JSON_TYPE:
      if (lengthHeader === undefined) return { jsonBytes: bodyBytes };
      return {
        jsonBytes: jsonLength(String(lengthHeader), JSON_LENGTH_HEADER, bodyBytes),
        framing: 'octet-stream',
      };
    default:
      throw unsupportedType(contentType);
  }
}

/** Whether an `Accept` header takes a media type. Quality values are not weighed. */
export function accepts(accept: string | undefined, type: string): boolean {
  if (accept === undefined || accept.trim() === '') return true;
  const ranges = accept.split(',').map((range) => range.split(';')[0]?.trim().toLowerCase());
  return ranges.some((range) => range === type || range === '*/*' || range === 'application/*');
}

export function contentTypeOf(framing: Framing, jsonBytes: number): Record<string, string> {
  return framing === 'sagemaker'
    ? { 'content-type': `${SAGEMAKER_BINARY_TYPE};json-header-size=${jsonBytes}` }
    : { 'content-type': OCTET_STREAM_TYPE, [JSON_LENGTH_HEADER]: String(jsonBytes) };
}

function jsonLength(value: string, name: string, bodyBytes: number): number {
  const length = /^\d{1,10}$/.test(value) ? Number(value) : NaN;
  if (length <= bodyBytes) return length;
  const message = `expected the length of the JSON, 0 to ${bodyBytes} bytes, got ${JSON.stringify(value)}`;
  throw refusal(400, 'json-length', name, message, 'give the number of bytes before the first tensor');
}

function unsupportedEncoding(encoding: string): HttpError {
  const message = `the server does not take ${JSON.stringify(encoding)}`;
  return refusal(415, 'content-encoding', 'content-encoding', message, 'send the body uncompressed');
}
