import { resolve } from 'node:path';
import { RuntimeProcess } from './runtime-process';

const OPTIMIZE_TIMEOUT_MS = 600_000;

/**
 * Writes `target`: the model with constants folded, redundant operators removed and its weights
 * inside. The result is standard ONNX, not tied to the machine it was made on.
 *
 * @throws IssueError when the model does not load, or takes longer than ten minutes
 */
export async function optimizeModel(file: string, target: string): Promise<void> {
  const runtime = new RuntimeProcess();
  try {
    const request = { kind: 'optimize', file: resolve(file), target: resolve(target) } as const;
    await runtime.ask({ file, request, doing: 'be optimised', timeoutMs: OPTIMIZE_TIMEOUT_MS });
  } finally {
    await runtime.stop();
  }
}
