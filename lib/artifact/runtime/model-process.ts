import { resolve } from 'node:path';
import type { Dtype } from '../../pipeline/definition';
import type { ElementType, Tensor } from '../tensor';
import type { ExecutionProvider, LoadReply, RunReply, RuntimeSpec } from './messages';
import { RuntimeProcess, stopped, type RuntimeProcessOptions } from './runtime-process';

export type { ExecutionProvider, RuntimeSpec } from './messages';

export interface LoadOptions {
  /** The process is killed when the model is not ready after this many milliseconds. @default 60000 */
  readonly startTimeoutMs?: number;
  /** The process is killed when a run takes longer than this many milliseconds. @default 30000 */
  readonly runTimeoutMs?: number;
  /** Threads within one operator. @default - what onnxruntime chooses: one per physical core */
  readonly threads?: number;
  /** `cuda` fails to load where its libraries or a GPU are missing. @default "cpu" */
  readonly executionProvider?: ExecutionProvider;
  /**
   * Carries inputs and outputs of every element type there is: those that the Node binding refuses, or
   * aborts on, are cast inside a copy of the graph, which is otherwise unchanged.
   *
   * @default - the model as it is: such an input or output fails, as it does in the server
   */
  readonly adaptTypes?: boolean;
}

export type ModelProcessOptions = LoadOptions & RuntimeProcessOptions;

/** What one run gave and how long the runtime took for it, transport not counted. */
export interface TimedRun<Type extends ElementType = Dtype> {
  readonly outputs: Record<string, Tensor<Type>>;
  readonly milliseconds: number;
}

/** A model in onnxruntime in a child process, which may hang or abort without harm to the caller. */
export class ModelProcess<Type extends ElementType = Dtype> {
  /**
   * Loads a model in a process of its own.
   *
   * @throws IssueError when onnxruntime-node is missing, or the model fails to load (`model-load`),
   * hangs (`model-timeout`), takes too much memory (`model-memory`) or aborts (`model-abort`)
   */
  static start(
    file: string,
    options: ModelProcessOptions & { readonly adaptTypes: true },
  ): Promise<ModelProcess<ElementType>>;
  static start(file: string, options?: ModelProcessOptions): Promise<ModelProcess>;
  static async start(file: string, options: ModelProcessOptions = {}): Promise<ModelProcess> {
    const runtime = new RuntimeProcess(options);
    return ModelProcess.load(runtime, file, options, () => runtime.stop());
  }

  /**
   * Loads a model in a process that runs already.
   *
   * @param release called once, by `stop`, and when the model does not load
   * @internal
   */
  static async load<Type extends ElementType>(
    runtime: RuntimeProcess,
    file: string,
    { startTimeoutMs = 60_000, runTimeoutMs = 30_000, ...options }: LoadOptions,
    release: () => Promise<void>,
  ): Promise<ModelProcess<Type>> {
    try {
      const { threads, adaptTypes, executionProvider } = options;
      const request = { kind: 'load', file: resolve(file), threads, adaptTypes, executionProvider } as const;
      const loaded = await runtime.ask<LoadReply>({
        file,
        request,
        doing: 'load',
        timeoutMs: startTimeoutMs,
      });
      return new ModelProcess<Type>(runtime, file, loaded, runTimeoutMs, release);
    } catch (error) {
      await release();
      throw error;
    }
  }

  readonly inputs: Readonly<Record<string, RuntimeSpec>>;
  readonly outputs: Readonly<Record<string, RuntimeSpec>>;
  private peakBytes: number;
  private released: Promise<void> | undefined;

  private constructor(
    private readonly runtime: RuntimeProcess,
    private readonly file: string,
    { inputs, outputs, peakMemoryBytes }: LoadReply,
    private readonly runTimeoutMs: number,
    private readonly release: () => Promise<void>,
  ) {
    this.inputs = inputs;
    this.outputs = outputs;
    this.peakBytes = peakMemoryBytes;
  }

  /** Whether the process is gone: stopped, killed for its time or memory, or aborted. */
  get gone(): boolean {
    return this.released !== undefined || this.runtime.gone;
  }

  /**
   * Most memory the process has had so far, that of Node and the runtime (about 80 MB) included; in a
   * pool that of earlier models too.
   */
  get peakMemoryBytes(): number {
    return this.peakBytes;
  }

  /**
   * Runs the model once. Calls run one after the other.
   *
   * @throws IssueError when the feeds do not fit, the model fails, hangs, takes too much memory or
   * aborts; after the last three the process is gone and every further call is refused
   */
  async run(feeds: Readonly<Record<string, Tensor<Type>>>): Promise<Record<string, Tensor<Type>>> {
    return (await this.time(feeds)).outputs;
  }

  /** Like `run`, with the time it took. */
  async time(feeds: Readonly<Record<string, Tensor<Type>>>): Promise<TimedRun<Type>> {
    if (this.released) throw stopped(this.file);
    const request = { kind: 'run', feeds } as const;
    const question = { file: this.file, request, doing: 'run', timeoutMs: this.runTimeoutMs };
    const { outputs, milliseconds, peakMemoryBytes } = await this.runtime.ask<RunReply>(question);
    this.peakBytes = peakMemoryBytes;
    return { outputs: outputs as Record<string, Tensor<Type>>, milliseconds };
  }

  /** Ends the process, or gives it back to its pool; safe to call twice. */
  stop(): Promise<void> {
    return (this.released ??= this.release());
  }
}
