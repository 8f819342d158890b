import { availableParallelism } from 'node:os';
import { IssueError } from '../../issue';
import type { ElementType } from '../tensor';
import { ModelProcess, type LoadOptions } from './model-process';
import type { UnloadReply } from './messages';
import { RuntimeProcess, type RuntimeProcessOptions } from './runtime-process';
import { defaultMemoryMiB } from './sandbox';

export interface RuntimePoolOptions extends RuntimeProcessOptions {
  /** Processes, and so models, at one time. @default - one per processor */
  readonly size?: number;
  /**
   * A process is killed when its resident memory passes this many MiB.
   *
   * @default - an equal share of three quarters of the memory of the machine, or of the container
   */
  readonly memoryMiB?: number;
}

/** A process that has not let go of a model by then is replaced. */
const UNLOAD_TIMEOUT_MS = 10_000;

/**
 * Processes that load one model after the other, for work on many models: starting a process takes
 * longer than most models need. One that ended, or that kept over half of its memory, is replaced.
 */
export class RuntimePool {
  readonly size: number;
  private readonly memoryMiB: number;
  private readonly processes = new Set<RuntimeProcess>();
  private readonly idle: RuntimeProcess[] = [];
  private readonly waiting: (() => void)[] = [];
  private busy = 0;
  private closed = false;

  constructor(private readonly options: RuntimePoolOptions = {}) {
    this.size = options.size ?? availableParallelism();
    this.memoryMiB = options.memoryMiB ?? Math.floor(defaultMemoryMiB() / this.size);
  }

  /**
   * Loads a model as soon as a process is free; `stop` of the model gives the process back. An operator
   * has one thread where `threads` does not say otherwise.
   *
   * @throws what `ModelProcess.start` throws
   * @throws the reason of the pool's signal once that is aborted
   */
  async start(
    file: string,
    options: LoadOptions & { readonly adaptTypes: true },
  ): Promise<ModelProcess<ElementType>>;
  async start(file: string, options?: LoadOptions): Promise<ModelProcess>;
  async start(file: string, options: LoadOptions = {}): Promise<ModelProcess> {
    const runtime = await this.acquire();
    return ModelProcess.load(runtime, file, { threads: 1, ...options }, () => this.release(runtime));
  }

  /** Ends all processes and refuses what still waits; safe to call twice. */
  async close(): Promise<void> {
    this.closed = true;
    for (const proceed of this.waiting.splice(0)) proceed();
    await Promise.all(Array.from(this.processes, (runtime) => runtime.stop()));
  }

  private async acquire(): Promise<RuntimeProcess> {
    if (this.busy >= this.size) await new Promise<void>((resolve) => this.waiting.push(resolve));
    else this.busy++;
    try {
      if (this.closed) throw closedError();
      return this.takeIdle() ?? this.launch();
    } catch (error) {
      this.yieldTurn();
      throw error;
    }
  }

  /** One that ended while it was idle is forgotten. */
  private takeIdle(): RuntimeProcess | undefined {
    for (let runtime = this.idle.pop(); runtime; runtime = this.idle.pop()) {
      if (!runtime.gone) return runtime;
      this.processes.delete(runtime);
    }
    return undefined;
  }

  private launch(): RuntimeProcess {
    const runtime = new RuntimeProcess({ signal: this.options.signal, memoryMiB: this.memoryMiB });
    this.processes.add(runtime);
    return runtime;
  }

  private async release(runtime: RuntimeProcess): Promise<void> {
    if (await this.isReusable(runtime)) {
      this.idle.push(runtime);
    } else {
      await runtime.stop();
      this.processes.delete(runtime);
    }
    this.yieldTurn();
  }

  private async isReusable(runtime: RuntimeProcess): Promise<boolean> {
    if (runtime.gone || this.closed) return false;
    try {
      const question = { file: 'model', request: { kind: 'unload' }, doing: 'unload' } as const;
      const { memoryBytes } = await runtime.ask<UnloadReply>({ ...question, timeoutMs: UNLOAD_TIMEOUT_MS });
      return memoryBytes < (this.memoryMiB / 2) * 2 ** 20;
    } catch {
      return false;
    }
  }

  /** To the one that waits longest, who takes the place; else the place is free. */
  private yieldTurn(): void {
    const next = this.waiting.shift();
    if (next) next();
    else this.busy--;
  }
}

function closedError(): IssueError {
  const message = 'the pool of model processes is closed';
  return new IssueError('model', [
    { code: 'model-stopped', path: 'pool', message, fix: 'start the model before the pool is closed' },
  ]);
}
