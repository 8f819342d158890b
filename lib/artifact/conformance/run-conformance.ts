import { RuntimePool, type RuntimePoolOptions } from '../runtime/runtime-pool';
import { runtimeVersion } from '../runtime/runtime-version';
import { findCases } from './cases';
import type { CaseResult, ConformanceReport } from './result';
import { runCase } from './run-case';

export interface ConformanceOptions extends RuntimePoolOptions {
  /** Hears every result as it comes. @default - nobody */
  readonly onResult?: (result: CaseResult, done: number, total: number) => void;
}

/**
 * Runs a directory of cases in the layout of the ONNX backend tests, each in a sandbox, and tells which
 * the installed onnxruntime answers as the ONNX project recorded, and why it cannot answer the others.
 *
 * @throws IssueError when the directory holds no case, or onnxruntime-node is not installed
 */
export async function runConformance(
  directory: string,
  { onResult, ...poolOptions }: ConformanceOptions = {},
): Promise<ConformanceReport> {
  const runtime = runtimeVersion();
  const cases = findCases(directory);
  const start = performance.now();
  const pool = new RuntimePool(poolOptions);
  const results: CaseResult[] = new Array<CaseResult>(cases.length);
  let next = 0;
  let done = 0;
  const work = async () => {
    for (let index = next++; index < cases.length; index = next++) {
      const conformance = cases[index];
      if (!conformance) continue;
      const result = await runCase(pool, conformance);
      results[index] = result;
      onResult?.(result, ++done, cases.length);
    }
  };
  try {
    await Promise.all(Array.from({ length: pool.size }, work));
  } finally {
    await pool.close();
  }
  return {
    runtime,
    total: results.length,
    passed: results.filter(({ verdict }) => verdict === 'passed').length,
    refused: causes(results, 'refused'),
    failed: causes(results, 'failed'),
    seconds: (performance.now() - start) / 1000,
    cases: results,
  };
}

/** Most frequent first. */
function causes(results: readonly CaseResult[], verdict: 'refused' | 'failed'): Record<string, number> {
  const counts = new Map<string, number>();
  for (const result of results) {
    if (result.verdict === verdict) counts.set(result.cause, (counts.get(result.cause) ?? 0) + 1);
  }
  return Object.fromEntries([...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)));
}
