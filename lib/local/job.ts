import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { PACKAGE_ROOT } from '../package-root';
import type { ProgramRequest } from '../program';
import { StepError } from './step-error';
import { writeJson } from './store';

/** The Python package of the stage programs. */
export const STAGE_PROGRAMS = join(PACKAGE_ROOT, 'stages');

/** Time for a program to end its own processes, before it is ended itself. */
const GRACE_MS = 10_000;

export interface JobOptions {
  /** Python interpreter that has the stage programs' dependencies. */
  readonly python: string;
  readonly request: ProgramRequest;
  /** File for all that the program prints. */
  readonly log: string;
  readonly timeoutMinutes: number;
  readonly signal: AbortSignal;
  readonly onProgress: (message: string) => void;
}

/**
 * Runs a stage program as a process of its own.
 *
 * @throws StepError with the program's one-line cause
 */
export async function runJob(options: JobOptions): Promise<void> {
  const { python, request, log, timeoutMinutes, signal, onProgress } = options;
  mkdirSync(dirname(log), { recursive: true });
  const requestFile = log.replace(/\.log$/, '.request.json');
  writeJson(requestFile, request);
  const child = spawn(python, ['-m', 'model_pipeline', request.program, '--request', requestFile], {
    cwd: STAGE_PROGRAMS,
    env: { ...process.env, PYTHONUNBUFFERED: '1', PYTHONDONTWRITEBYTECODE: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own: a program has processes of its own, which are stopped with it.
    detached: process.platform !== 'win32',
  });
  const stop = () => {
    killGroup(child, 'SIGTERM');
    killing ??= setTimeout(() => {
      killGroup(child, 'SIGKILL');
    }, GRACE_MS);
  };
  let killing: NodeJS.Timeout | undefined;
  const limit = AbortSignal.timeout(timeoutMinutes * 60_000);
  signal.addEventListener('abort', stop);
  limit.addEventListener('abort', stop);
  const output = createWriteStream(log);
  let cause: string | undefined;
  createInterface({ input: child.stdout }).on('line', (line) => {
    output.write(`${line}\n`);
    const message = progressMessage(line);
    if (message !== undefined) onProgress(message);
  });
  createInterface({ input: child.stderr }).on('line', (line) => {
    output.write(`${line}\n`);
    if (line.startsWith('error: ')) cause = line.slice('error: '.length);
  });
  try {
    const code = await new Promise<number | string>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (exitCode, exitSignal) => {
        resolve(exitCode ?? String(exitSignal));
      });
    });
    if (limit.aborted) throw new StepError(`did not end within ${timeoutMinutes} minutes`, log);
    if (code !== 0) throw new StepError(cause ?? `ended with ${code}`, log);
  } catch (error) {
    if (error instanceof StepError) throw error;
    throw new StepError(`cannot start ${python}: ${(error as Error).message}`);
  } finally {
    signal.removeEventListener('abort', stop);
    limit.removeEventListener('abort', stop);
    clearTimeout(killing);
    output.end();
  }
}

/** @throws nothing: a group that has ended already needs no signal */
function killGroup(child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): void {
  if (process.platform === 'win32' || child.pid === undefined) {
    child.kill(signal);
    return;
  }
  try {
    process.kill(-child.pid, signal);
  } catch {
    // Nobody is left in it.
  }
}

/** Progress is a JSON object a line; every other line is log. */
function progressMessage(line: string): string | undefined {
  if (!line.startsWith('{"event"')) return undefined;
  try {
    const { event, message } = JSON.parse(line) as { event: string; message: string };
    return event === 'progress' ? message : undefined;
  } catch {
    return undefined;
  }
}
