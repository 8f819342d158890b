import { Worker } from 'node:worker_threads';

/** Runs as a thread of its own, since work in the runtime blocks the main one. */
const SOURCE = `const { workerData: { parent, memoryBytes, busy } } = require('node:worker_threads');
for (;;) {
  Atomics.wait(busy, 0, 0, 1000);
  Atomics.wait(busy, 0, 1, 20);
  const used = process.memoryUsage.rss();
  if (used > memoryBytes) require('node:fs').writeSync(2, '\\nmemory limit: ' + used + ' bytes\\n');
  if (used > memoryBytes || process.ppid !== parent) process.kill(process.pid, 'SIGKILL');
}`;

/** What the watchdog says before it ends the process for its memory. */
export const MEMORY_WORDS = /^memory limit: (\d+) bytes$/m;

/**
 * Ends this process when its resident memory passes the limit or its parent is gone. It looks every
 * second, and while the process is busy every 20 ms.
 *
 * @returns tells it whether the process is busy
 */
export function startWatchdog(memoryBytes: number): (isBusy: boolean) => void {
  const busy = new Int32Array(new SharedArrayBuffer(4));
  const workerData = { parent: process.ppid, memoryBytes, busy };
  new Worker(SOURCE, { eval: true, execArgv: [], workerData }).unref();
  return (isBusy) => {
    Atomics.store(busy, 0, Number(isBusy));
    Atomics.notify(busy, 0);
  };
}
