import { extname } from 'node:path';
import { IssueError } from '../../issue';
import { ModelProcess } from '../runtime/model-process';
import { openTfliteModel } from '../tflite/open-tflite-model';
import type { RunnableModel, RunOptions } from './runnable-model';

/**
 * Loads an `.onnx` or `.tflite` file.
 *
 * @throws IssueError when it is neither, does not load, or its runtime is not installed
 */
export async function openModel(file: string, options: RunOptions = {}): Promise<RunnableModel> {
  const format = extname(file).toLowerCase();
  if (format === '.onnx') return ModelProcess.start(file, options);
  if (format === '.tflite') return openTfliteModel(file, options);
  const fix = 'compare models of these formats';
  const issue = { code: 'model-format', path: file, message: 'is neither .onnx nor .tflite', fix };
  throw new IssueError('compare', [issue]);
}
