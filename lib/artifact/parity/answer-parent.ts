import { Worker } from 'node:worker_threads';
import { IssueError } from '../../issue';
import type { ChildReply, ChildRequest } from './child-messages';

/** Ends this process when its parent is gone: a thread of its own, since a run blocks this one. */
const WATCHDOG = `const { workerData: parent } = require('node:worker_threads');
setInterval(() => process.ppid === parent || process.kill(process.pid, 'SIGKILL'), 1000);`;

/**
 * Makes this process one that answers `ChildModel`, until its parent lets go of it.
 *
 * @param answer what it throws is sent as a failure, with the code and fix of an `IssueError`
 */
export function answerParent(answer: (request: ChildRequest) => Promise<ChildReply>): void {
  new Worker(WATCHDOG, { eval: true, execArgv: [], workerData: process.ppid }).unref();
  process.on('message', (request: ChildRequest) => {
    void answer(request)
      .catch((error: unknown) => failure(request, error))
      .then((reply) => process.send?.(reply));
  });
  process.on('disconnect', () => process.exit());
  // Ctrl-C reaches the whole group; the parent decides when this process ends.
  process.on('SIGINT', () => undefined);
}

function failure({ kind }: ChildRequest, error: unknown): ChildReply {
  const [known] = error instanceof IssueError ? error.issues : [];
  const message = error instanceof Error ? error.message : String(error);
  return {
    kind: 'failed',
    code: known?.code ?? (kind === 'load' ? 'model-load' : 'model-run'),
    message: (known?.message ?? message).trim(),
    fix: known?.fix ?? (kind === 'load' ? 'convert the model again' : 'give every input as the model has it'),
  };
}
