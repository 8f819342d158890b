import { resolve } from 'node:path';
import type { Tensor } from '../tensor';
import type { LoadReply, RunReply, RuntimeSpec } from './messages';
import { RuntimeProcess } from './runtime-process';

export type { RuntimeSpec } from './messages';

export interface ModelProcessOptions {
  /** The process is killed when the model is not ready after this many milliseconds. @default 60000 */
  readonly startTimeoutMs?: number;
  /** The process is killed when a run takes longer than this many milliseconds. @default 30000 */
  readonly runTimeoutMs?: number;
  /** Threads within one operator. @default - what onnxruntime chooses: one per physical core */
  readonly threads?: number;
}

/** What one run gave and how long the runtime took for it, transport not counted. */
export interface TimedRun {
  readonly outputs: Record<string, Tensor>;
  readonly milliseconds: number;
}

/** A model in onnxruntime in a child process, which may hang or abort without harm to the caller. */
export class ModelProcess {
  /**
   * Loads a model.
   *
   * @throws IssueError when onnxruntime-node is missing, or the model fails to load, hangs or aborts
   */
  static async start(file: string, options: ModelProcessOptions = {}): Promise<ModelProcess> {
    const { startTimeoutMs = 60_000, runTimeoutMs = 30_000, threads } = options;
    const runtime = new RuntimeProcess(file);
    try {
      const load = { kind: 'load', file: resolve(file), threads } as const;
      const { inputs, outputs } = await runtime.request<LoadReply>(load, 'load', startTimeoutMs);
      return new ModelProcess(runtime, inputs, outputs, runTimeoutMs);
    } catch (error) {
      await runtime.stop();
      throw error;
    }
  }

  private constructor(
    private readonly runtime: RuntimeProcess,
    readonly inputs: Readonly<Record<string, RuntimeSpec>>,
    readonly outputs: Readonly<Record<string, RuntimeSpec>>,
    private readonly runTimeoutMs: number,
  ) {}

  /** Whether the process is gone: stopped, killed for taking too long, or aborted. */
  get gone(): boolean {
    return this.runtime.gone;
  }

  /**
   * Runs the model once. Calls run one after the other.
   *
   * @throws IssueError when the feeds do not fit, the model fails, hangs or aborts; after the last
   * two the process is gone and every further call is refused
   */
  async run(feeds: Readonly<Record<string, Tensor>>): Promise<Record<string, Tensor>> {
    return (await this.time(feeds)).outputs;
  }

  /** Like `run`, with the time it took. */
  time(feeds: Readonly<Record<string, Tensor>>): Promise<TimedRun> {
    return this.runtime.request<RunReply>({ kind: 'run', feeds }, 'run', this.runTimeoutMs);
  }

  /** Ends the process; safe to call twice. */
  stop(): Promise<void> {
    return this.runtime.stop();
  }
}
