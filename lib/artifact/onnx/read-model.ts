import { closeSync, fstatSync, openSync, statSync } from 'node:fs';
import { IssueError, throwIssues, type Issue } from '../../issue';
import { decodeModel, type DecodedModel } from './decode';
import { FileWindow } from './file-window';
import { foreignFile } from './foreign-file';
import type { ModelInfo } from './model-info';
import type { ModelStructure } from './model-structure';
import type { ModelProto } from './onnx_pb';
import { summarizeModel } from './summarize';

/** Bytes at the start of a file that tell its kind. */
const HEAD_BYTES = 512;

/**
 * Reads what an ONNX file says about itself: nothing of it is run, and no other file is opened. Files of
 * any size are read; weights are not.
 *
 * @throws IssueError when the file is missing, broken, or something else than an ONNX model
 */
export function readModel(file: string): ModelInfo {
  return describeModel(readStructure(file));
}

/** A decoded model in the words of `ModelInfo`. */
export function describeModel({ file, bytes, model }: ModelStructure): ModelInfo {
  return { file, bytes, ...summarizeModel(model) };
}

/**
 * Decodes an ONNX file of any size without its weights. Nothing of it is run, and no other file is opened.
 *
 * @throws IssueError when the file is missing, broken, or something else than an ONNX model
 */
export function readStructure(file: string): ModelStructure {
  const descriptor = open(file);
  try {
    const { size } = fstatSync(descriptor);
    const window = new FileWindow(descriptor, size);
    const issue = foreignFile(window.slice(0, Math.min(HEAD_BYTES, size)), file);
    if (issue) throwIssues('model', [issue]);
    const { model, elided } = decode(window, file);
    throwIssues('model', structuralIssues(model, file));
    return { file, bytes: size, model, elided: (tensor) => elided.get(tensor) ?? {} };
  } finally {
    closeSync(descriptor);
  }
}

function open(file: string): number {
  const stats = statSync(file, { throwIfNoEntry: false });
  if (!stats?.isFile()) {
    const message = stats ? 'is not a file' : 'does not exist';
    throw failure('file-missing', file, message, 'give the path of an .onnx file');
  }
  try {
    return openSync(file, 'r');
  } catch (error) {
    throw failure('file-unreadable', file, (error as Error).message, 'make the file readable', error);
  }
}

function decode(window: FileWindow, file: string): DecodedModel {
  try {
    return decodeModel(window);
  } catch (error) {
    const message = `is not readable as ONNX: ${(error as Error).message}`;
    const fix = 'write the file again; it is damaged, cut off, or not ONNX';
    throw failure('onnx-broken', file, message, fix, error);
  }
}

/** What a file must have to be a model at all. */
function structuralIssues({ irVersion, opsetImport, graph }: ModelProto, file: string): Issue[] {
  const problems = [
    ...(irVersion < 1n ? ['has no IR version'] : []),
    ...(opsetImport.length === 0 ? ['imports no operator set'] : []),
    ...(graph ? [] : ['has no graph']),
    ...(graph?.output.length === 0 ? ['has no outputs'] : []),
  ];
  const fix = 'write the file again with a current exporter; it is damaged or not ONNX';
  return problems.map((message) => ({ code: 'onnx-broken', path: file, message, fix }));
}

function failure(code: string, path: string, message: string, fix: string, cause?: unknown): IssueError {
  return new IssueError('model', [{ code, path, message, fix }], { cause });
}
