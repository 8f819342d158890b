import { IssueError } from '../../issue';
import { readJsonObject } from '../json-file';

/** Versions onnxruntime 1.30 takes: newer ones it refuses, older ones it does not promise to run. */
export const IR_VERSIONS = { min: 3, max: 13 } as const;
export const OPSETS = { min: 7, max: 26 } as const;

/** How to install the optional peer that runs models. */
export const INSTALL_RUNTIME =
  'install it with `ONNXRUNTIME_NODE_INSTALL=skip npm install --save-exact onnxruntime-node@1.30.0`';

/**
 * Version of the installed onnxruntime-node.
 *
 * @throws IssueError with the install command when it is not installed
 */
export function runtimeVersion(): string {
  let file: string;
  try {
    file = require.resolve('onnxruntime-node/package.json');
  } catch (error) {
    const message = 'onnxruntime-node, which runs the model, is not installed';
    const issue = { code: 'runtime-missing', path: 'onnxruntime-node', message, fix: INSTALL_RUNTIME };
    throw new IssueError('runtime', [issue], { cause: error });
  }
  return String(readJsonObject(file, 'runtime', INSTALL_RUNTIME).version);
}
