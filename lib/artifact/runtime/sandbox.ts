import { fork, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { totalmem } from 'node:os';
import { delimiter, dirname, join } from 'node:path';

const MIB = 2 ** 20;

/** Memory that is reserved and hardly used, the stacks of threads above all. */
const RESERVED_BYTES = 512 * MIB;

const running = new Set<ChildProcess>();

/** Three quarters of the memory that this machine, or its container, has, in MiB. */
export function defaultMemoryMiB(): number {
  const limit = process.constrainedMemory();
  // Where nothing limits it, the number is 0 or beyond what any machine has.
  const available = limit > 0 ? Math.min(limit, totalmem()) : totalmem();
  return Math.floor((available * 0.75) / MIB);
}

/**
 * Starts a process for models. It ends itself when its memory passes the limit and when this process
 * ends, however that happens. On Linux with `prlimit` (util-linux) the kernel refuses it memory beyond
 * the limit as well, and it leaves no core dump.
 */
export function startSandbox(entry: string, memoryMiB: number): ChildProcess {
  const memoryBytes = memoryMiB * MIB;
  const child = fork(entry, [String(memoryBytes)], {
    cwd: dirname(entry),
    // The official builds report to their makers, and leave files in the temporary directory.
    env: { ...process.env, ORT_DISABLE_TELEMETRY: '1' },
    ...command(entry.endsWith('.ts') ? ['--require', 'tsx/cjs'] : [], memoryBytes),
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  if (running.size === 0) process.once('exit', killAll);
  running.add(child);
  child.once('exit', () => {
    running.delete(child);
    if (running.size === 0) process.off('exit', killAll);
  });
  return child;
}

function killAll(): void {
  for (const child of running) child.kill('SIGKILL');
}

/** `prlimit` becomes node: the process id and the channel stay the same. */
function command(nodeArguments: readonly string[], memoryBytes: number) {
  const prlimit = findPrlimit();
  if (prlimit === undefined) return { execArgv: [...nodeArguments] };
  const limits = [`--data=${memoryBytes + RESERVED_BYTES}`, '--core=0'];
  return { execPath: prlimit, execArgv: [...limits, process.execPath, ...nodeArguments] };
}

function findPrlimit(): string | undefined {
  if (process.platform !== 'linux') return undefined;
  const directories = (process.env.PATH ?? '').split(delimiter).filter((directory) => directory !== '');
  return directories.map((directory) => join(directory, 'prlimit')).find((file) => existsSync(file));
}
