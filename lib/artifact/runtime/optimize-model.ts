import { resolve } from 'node:path';
import { RuntimeProcess } from './runtime-process';

const OPTIMIZE_TIMEOUT_MS = 600_000;

/**
 * Writes `target`: the model with constants folded and redundant operators removed. The result is standard
 * ONNX, not tied to the machine it was made on.
 *
 * @param weightsFile name of a file beside `target` for the weights; without it they are inside, which a
 *   file of ONNX has room for up to 2 GiB
 * @throws IssueError when the model does not load, or takes longer than ten minutes
 */
export async function optimizeModel(file: string, target: string, weightsFile?: string): Promise<void> {
  const runtime = new RuntimeProcess();
  try {
    const paths = { file: resolve(file), target: resolve(target) };
    const request = { kind: 'optimize', ...paths, weightsFile } as const;
    await runtime.ask({ file, request, doing: 'be optimised', timeoutMs: OPTIMIZE_TIMEOUT_MS });
  } finally {
    await runtime.stop();
  }
}
