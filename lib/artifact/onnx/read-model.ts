import { fromBinary } from '@bufbuild/protobuf';
import { readFileSync, statSync } from 'node:fs';
import { IssueError, throwIssues, type Issue } from '../../issue';
import { foreignFile } from './foreign-file';
import type { ModelInfo } from './model-info';
import { ModelProtoSchema, type ModelProto, type TensorProto } from './onnx_pb';
import { summarizeModel } from './summarize';
import { walkModel } from './walk';

/** A protocol buffer, and so an ONNX file, cannot be larger. */
const MAX_BYTES = 2 ** 31 - 1;

/**
 * Reads the structure of an ONNX file: nothing of it is run, and no other file is opened.
 *
 * @throws IssueError when the file is missing, broken, or something else than an ONNX model
 */
export function readModel(file: string): ModelInfo {
  const bytes = readBytes(file);
  const issue = foreignFile(bytes, file);
  if (issue) throwIssues('model', [issue]);
  const model = decode(bytes, file);
  throwIssues('model', structuralIssues(model, file));
  return { file, bytes: bytes.length, ...summarizeModel(model) };
}

function readBytes(file: string): Buffer {
  const stats = statSync(file, { throwIfNoEntry: false });
  if (!stats?.isFile()) {
    const message = stats ? 'is not a file' : 'does not exist';
    throw failure('file-missing', file, message, 'give the path of an .onnx file');
  }
  if (stats.size > MAX_BYTES) {
    const message = `has ${stats.size} bytes; an ONNX file has at most ${MAX_BYTES}`;
    throw failure('file-size', file, message, 'store the weights as external data beside the model');
  }
  try {
    return readFileSync(file);
  } catch (error) {
    throw failure('file-unreadable', file, (error as Error).message, 'make the file readable', error);
  }
}

function decode(bytes: Buffer, file: string): ModelProto {
  try {
    return fromBinary(ModelProtoSchema, bytes, { readUnknownFields: false });
  } catch (error) {
    const message = `is not readable as ONNX: ${(error as Error).message}`;
    throw failure(
      'onnx-broken',
      file,
      message,
      'write the file again; it is damaged, cut off, or not ONNX',
      error,
    );
  }
}

/** What a file must have to be a model at all. */
function structuralIssues(model: ModelProto, file: string): Issue[] {
  const problems = [
    ...(model.irVersion < 1n ? ['has no IR version'] : []),
    ...(model.opsetImport.length === 0 ? ['imports no operator set'] : []),
    ...(model.graph ? [] : ['has no graph']),
    ...(model.graph?.output.length === 0 ? ['has no outputs'] : []),
    ...negativeSizes(model).map((name) => `tensor "${name}" has a negative size`),
  ];
  const fix = 'write the file again with a current exporter; it is damaged or not ONNX';
  return problems.map((message) => ({ code: 'onnx-broken', path: file, message, fix }));
}

function negativeSizes(model: ModelProto): string[] {
  const names: string[] = [];
  const visit = ({ name, dims }: TensorProto) => {
    if (dims.some((size) => size < 0n)) names.push(name);
  };
  walkModel(model, { node: () => undefined, initializer: visit, attribute: visit });
  return names;
}

function failure(code: string, path: string, message: string, fix: string, cause?: unknown): IssueError {
  return new IssueError('model', [{ code, path, message, fix }], { cause });
}
