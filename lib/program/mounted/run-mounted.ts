import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { issue, throwIssues } from '../../issue';
import { runProgram } from '..';
import type { ProgramRequest, ProgramServices } from '../contract';
import { inputOf, outputOf, writeJson } from '../support';
import { publishBaseline, publishVersion } from './publish';
import { recallMeasured } from './recall-measured';
import { writeOnce } from './write-once';

/** Says that a step is done: it is written after everything else. */
const METRICS_FILE = 'metrics.json';
/** The output that says why a verification failed, and so is kept when it does. */
const REPORT = 'report';

/** A program request whose directories lie in a mounted store, where files are only ever added. */
export interface MountedRequest extends Omit<ProgramRequest, 'schemaVersion'> {
  /** Takes what outlives the run: `register` its version, `baseline` what it measured. @default - nothing is published */
  readonly publish?: string;
}

/**
 * Runs an artifact program and adds its outputs to the store. A step whose metrics are there already is
 * done: the answer of an earlier try was lost.
 *
 * @returns whether the program ran
 * @throws IssueError when an input is missing, the program fails, or an output is there with other content
 */
export async function runMounted(mounted: MountedRequest, services: ProgramServices): Promise<boolean> {
  const { publish, ...request } = mounted;
  if (existsSync(join(outputOf({ ...request, schemaVersion: 1 }, 'metrics'), METRICS_FILE))) return false;
  throwIssues(
    `step "${request.step}"`,
    Object.entries(request.inputs)
      .filter(([, path]) => !existsSync(path))
      .map(([name, path]) =>
        issue(
          'input-missing',
          name,
          `there is nothing at ${path}`,
          'run the step that writes this input again',
        ),
      ),
  );
  const work = mkdtempSync(join(tmpdir(), 'step-'));
  try {
    const outputs = localOutputs(request.outputs, work);
    const local: ProgramRequest = { schemaVersion: 1, ...request, outputs };
    const recalled = recallMeasured(local, request.outputs);
    if (recalled) writeJson(join(outputOf(local, 'metrics'), METRICS_FILE), recalled);
    else
      await runProgram(local, services).catch((error: unknown) =>
        keepReport(error, outputs, request.outputs),
      );
    if (publish !== undefined) await publishResult(local, publish);
    for (const [name, path] of Object.entries(outputs).sort(metricsLast)) {
      await writeOnce(path, request.outputs[name] ?? '', METRICS_FILE);
    }
    return true;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function localOutputs(outputs: ProgramRequest['outputs'], work: string): Record<string, string> {
  return Object.fromEntries(
    Object.keys(outputs).map((name) => {
      const path = join(work, name);
      mkdirSync(path);
      return [name, path];
    }),
  );
}

async function keepReport(
  error: unknown,
  outputs: Readonly<Record<string, string>>,
  stored: Readonly<Record<string, string>>,
): Promise<never> {
  const [from, to] = [outputs[REPORT], stored[REPORT]];
  // The failure is what counts; a report that an earlier try left says the same.
  if (from !== undefined && to !== undefined) await writeOnce(from, to).catch(() => undefined);
  throw error;
}

async function publishResult(request: ProgramRequest, publish: string): Promise<void> {
  if (request.program === 'register') await publishVersion(outputOf(request, 'version'), publish);
  if (request.program === 'baseline') {
    await publishBaseline(inputOf(request, 'version'), outputOf(request, 'baseline'), publish);
  }
}

function metricsLast([left]: readonly [string, string], [right]: readonly [string, string]): number {
  return Number(left === 'metrics') - Number(right === 'metrics');
}
