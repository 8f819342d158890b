import { issue, IssueError, throwIssues, type Issue } from '../issue';
import { decodeInputs } from './decode-inputs';
import { decodeOutputs } from './decode-outputs';
import { HttpError } from './http-error';
import type { InferenceRequest, ModelContract } from './inference';
import { isRecord } from './json';
import type { BodyFormat } from './media-type';

/**
 * Decodes a body: raw inputs (`instances`) or tensors (`inputs`, as JSON or as bytes after it).
 *
 * @throws HttpError 400 with everything that is wrong
 */
export function decodeRequest(body: Buffer, format: BodyFormat, model: ModelContract): InferenceRequest {
  try {
    const json = parseJson(body.subarray(0, format.jsonBytes));
    const tail = body.subarray(format.jsonBytes);
    return json.instances !== undefined && json.inputs === undefined
      ? decodeInstances(json.instances, tail, model)
      : decodeTensors(json, tail, model);
  } catch (error) {
    throw error instanceof IssueError ? new HttpError(400, error.issues) : error;
  }
}

function decodeInstances(instances: unknown, tail: Buffer, model: ModelContract): InferenceRequest {
  if (!model.preprocessing) {
    throw bodyError(
      'preprocessing-missing',
      'instances',
      'the model travels without its preprocessing',
      `send tensors: ${exampleOf(model)}`,
    );
  }
  if (!Array.isArray(instances) || instances.length === 0) {
    throw bodyError(
      'instances',
      'instances',
      'expected a list of one or more raw inputs',
      'send one object an instance',
    );
  }
  if (tail.length > 0) throw unusedBytes(tail.length);
  return {
    form: 'instances',
    feeds: model.preprocessing.encode(instances),
    batch: instances.length,
    outputs: Object.keys(model.signature.outputs).map((name) => ({ name })),
  };
}

function decodeTensors(json: Record<string, unknown>, tail: Buffer, model: ModelContract): InferenceRequest {
  const { id, inputs, instances, outputs, parameters } = json;
  if (!Array.isArray(inputs) || instances !== undefined) {
    const either = model.preprocessing ? 'either "instances" or "inputs"' : '"inputs"';
    throw bodyError('body', '', `expected an object with ${either}`, `send ${exampleOf(model)}`);
  }
  const issues: Issue[] = [];
  if (id !== undefined && typeof id !== 'string') {
    issues.push(issue('id', 'id', 'expected a string', 'quote the id or leave it out'));
  }
  const decoded = decodeInputs(inputs, tail, model.signature.inputs);
  const requested = decodeOutputs(outputs, parameters, Object.keys(model.signature.outputs));
  issues.push(...decoded.issues, ...requested.issues);
  throwIssues('request', issues);
  if (decoded.claimedBytes < tail.length) throw unusedBytes(tail.length - decoded.claimedBytes);
  return {
    form: 'tensors',
    ...(typeof id === 'string' && { id }),
    feeds: decoded.feeds,
    batch: Object.values(decoded.feeds)[0]?.shape[0] ?? 1,
    outputs: requested.outputs,
  };
}

function parseJson(bytes: Buffer): Record<string, unknown> {
  let json: unknown;
  try {
    json = JSON.parse(bytes.toString('utf8'));
  } catch (error) {
    throw bodyError('json', '', `the body is not JSON: ${(error as Error).message}`, 'send one JSON object');
  }
  if (!isRecord(json)) throw bodyError('json', '', 'expected a JSON object', 'send one JSON object');
  return json;
}

function exampleOf({ preprocessing, signature }: ModelContract): string {
  if (preprocessing) return '{"instances": [ … ]}';
  return `{"inputs": [{"name": ${JSON.stringify(Object.keys(signature.inputs)[0])}, "shape": […], "datatype": …, "data": […]}]}`;
}

function unusedBytes(count: number): IssueError {
  return bodyError(
    'bytes-unused',
    '',
    `${count} bytes after the JSON belong to no input`,
    'give every binary input its parameters.binary_data_size',
  );
}

function bodyError(code: string, path: string, message: string, fix: string): IssueError {
  return new IssueError('request', [issue(code, path, message, fix)]);
}
