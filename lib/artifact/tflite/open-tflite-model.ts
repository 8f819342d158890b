import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { IssueError } from '../../issue';
import { ChildModel } from '../parity/child-model';
import type { RunnableModel, RunOptions } from '../parity/runnable-model';

/** Bytes 4 to 7 of every TensorFlow Lite file. */
const MARK = 'TFL3';

/**
 * Loads a TensorFlow Lite model in LiteRT in a child process: XNNPACK on one thread, the first
 * signature of the model, with the shapes the file has (LiteRT does not resize inputs outside of Python).
 *
 * @throws IssueError when the file is no TensorFlow Lite model, LiteRT is not installed, or the model
 * does not load in its time or has inputs or outputs of a type that LiteRT cannot exchange
 */
export async function openTfliteModel(file: string, options: RunOptions = {}): Promise<RunnableModel> {
  if (!statSync(file, { throwIfNoEntry: false })?.isFile()) {
    const issue = { code: 'file-missing', path: file, message: 'does not exist', fix: 'give a .tflite file' };
    throw new IssueError('model', [issue]);
  }
  if (readMark(file) !== MARK) {
    const fix = 'give a .tflite file';
    const message = 'is not a TensorFlow Lite model';
    throw new IssueError('model', [{ code: 'tflite-broken', path: file, message, fix }]);
  }
  return ChildModel.start(require.resolve('./child'), file, {}, options);
}

function readMark(file: string): string {
  const head = Buffer.alloc(8);
  const descriptor = openSync(file, 'r');
  try {
    readSync(descriptor, head);
  } finally {
    closeSync(descriptor);
  }
  return head.toString('latin1', 4);
}
