import { judgeBudgets, type Budgets, type Costs } from '../budget/judge-budgets';
import { isObject } from '../json-file';
import { rounded } from '../parity/numbers';
import type { VerificationReport } from '../report';
import { ModelProcess } from '../runtime/model-process';
import type { Subject } from '../subject';
import { judged, type Check } from './check';
import { summarizeTimes, timeSamples } from './latency';

const MIB = 2 ** 20;

/**
 * A check that the model costs no more than it may, measured in a process of its own on this machine.
 *
 * @param live report of the version that serves now, for `maxRegressionPercent`; made on this machine,
 * with this check, to compare all costs, else size and latency only
 */
export function budgets(limits: Budgets, live?: VerificationReport): Check {
  return {
    id: 'budgets',
    title: 'It costs no more than its budgets',
    after: ['load'],
    run: async (subject) => {
      const costs = await measureCosts(subject);
      const findings = judgeBudgets(subject.file, costs, limits, live && costsOf(live));
      return judged(findings, 'it costs more than it may', describe(costs), { ...costs });
    },
  };
}

async function measureCosts(subject: Subject): Promise<Costs> {
  subject.demandExecution();
  const { bytes, externalData } = subject.model();
  const start = performance.now();
  const process = await ModelProcess.start(subject.file);
  try {
    const loadMs = Math.round(performance.now() - start);
    const samples = subject.golden()?.samples ?? [];
    const latency = samples.length > 0 ? summarizeTimes(await timeSamples(process, samples)) : undefined;
    return {
      bytes: externalData.reduce((sum, file) => sum + file.bytes, bytes),
      loadMs,
      ...(latency && { p50Ms: latency.p50Ms, p99Ms: latency.p99Ms }),
      memoryMiB: Math.ceil(process.peakMemoryBytes / MIB),
    };
  } finally {
    await process.stop();
  }
}

/** Costs an earlier report tells. */
function costsOf({ checks, model, latency }: VerificationReport): Partial<Costs> {
  const data = checks.find(({ id }) => id === 'budgets')?.data;
  if (isObject(data)) return data;
  const bytes = model.externalData.reduce((sum, file) => sum + file.bytes, model.bytes);
  return { bytes, ...(latency && { p50Ms: latency.p50Ms, p99Ms: latency.p99Ms }) };
}

function describe({ bytes, loadMs, p50Ms, p99Ms, memoryMiB }: Costs): string {
  const size = bytes < MIB ? `${bytes} bytes` : `${rounded(bytes / MIB)} MiB`;
  const latency = p50Ms === undefined ? '' : `, p50 ${p50Ms} ms, p99 ${p99Ms ?? p50Ms} ms`;
  return `${size}, ready in ${loadMs} ms${latency}, ${memoryMiB} MiB of memory`;
}
