import type { ChildProcess } from 'node:child_process';
import { resolve } from 'node:path';
import { IssueError } from '../../issue';
import type { RuntimeSpec } from '../runtime/model-process';
import { defaultMemoryMiB, startSandbox } from '../runtime/sandbox';
import type { Tensor } from '../tensor';
import type { ChildReply, ChildRequest, ReplyOf } from './child-messages';
import type { RunnableModel, RunOptions } from './runnable-model';

/** Bytes of the child's last words that an error repeats. */
const STDERR_LIMIT = 2000;

type Settle = (outcome: ChildReply | IssueError) => void;

/**
 * A model in a child process that runs one of the entries made with `answerParent`. It answers one
 * request at a time; one that takes too long, or brings the process down, ends it.
 */
export class ChildModel implements RunnableModel {
  /**
   * @param entry path of the program to run
   * @param options the entry's own
   * @throws IssueError when the runtime is missing, or the model fails to load, hangs or aborts
   */
  static async start(
    entry: string,
    file: string,
    options: unknown,
    { startTimeoutMs = 60_000, runTimeoutMs = 30_000 }: RunOptions = {},
  ): Promise<ChildModel> {
    const child = startSandbox(entry, defaultMemoryMiB());
    const model = new ChildModel(child, file, startTimeoutMs, runTimeoutMs);
    try {
      await model.load(file, options);
      return model;
    } catch (error) {
      await model.stop();
      throw error;
    }
  }

  inputs: Readonly<Record<string, RuntimeSpec>> = {};
  outputs: Readonly<Record<string, RuntimeSpec>> = {};
  private stderr = '';
  private ended: IssueError | undefined;
  private settle: Settle | undefined;

  private constructor(
    private readonly child: ChildProcess,
    private file: string,
    private readonly startTimeoutMs: number,
    private readonly runTimeoutMs: number,
  ) {
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr = (this.stderr + text).slice(-STDERR_LIMIT);
    });
    child.on('message', (reply: ChildReply) => this.settle?.(reply));
    child.on('error', (error) => {
      this.end(this.failure('model-abort', error.message));
    });
    child.on('close', (code, signal) => {
      const words = this.stderr.trim().split('\n').slice(-3).join(' ');
      this.end(this.failure('model-abort', `ended its process (${signal ?? code ?? ''}): ${words}`));
    });
  }

  /** Whether the process is gone: stopped, killed for taking too long, or aborted. */
  get gone(): boolean {
    return this.ended !== undefined;
  }

  /**
   * Puts another model in place of the one that is loaded.
   *
   * @throws IssueError when it fails to load, hangs or aborts; after the last two the process is gone
   */
  async load(file: string, options: unknown): Promise<void> {
    this.file = file;
    const request = { kind: 'load', file: resolve(file), options } as const;
    const { inputs, outputs } = await this.ask<'loaded'>(request, 'load', this.startTimeoutMs);
    this.inputs = inputs;
    this.outputs = outputs;
  }

  /** @throws IssueError when the feeds do not fit, the model fails, hangs or aborts */
  async run(feeds: Readonly<Record<string, Tensor>>): Promise<Readonly<Record<string, Tensor>>> {
    return (await this.ask<'answered'>({ kind: 'run', feeds }, 'run', this.runTimeoutMs)).outputs;
  }

  /** What the runtime recorded of its runs, where the entry records it. */
  async profile(): Promise<string> {
    return (await this.ask<'profiled'>({ kind: 'profile' }, 'tell its profile', this.runTimeoutMs)).profile;
  }

  /** Ends the process; safe to call twice. */
  async stop(): Promise<void> {
    this.end(this.failure('model-stopped', 'its process was stopped'));
    const { pid, exitCode, signalCode } = this.child;
    if (pid === undefined || exitCode !== null || signalCode !== null) return;
    await new Promise((resolve) => this.child.once('close', resolve));
  }

  private ask<Kind extends ChildReply['kind']>(
    request: ChildRequest,
    doing: string,
    timeoutMs: number,
  ): Promise<ReplyOf<Kind>> {
    return new Promise((resolve, reject) => {
      if (this.ended) throw this.ended;
      const timer = setTimeout(() => {
        const message = `did not ${doing} within ${timeoutMs} ms, and its process was stopped`;
        this.end(this.failure('model-timeout', message));
      }, timeoutMs);
      this.settle = (outcome) => {
        clearTimeout(timer);
        this.settle = undefined;
        if (outcome instanceof IssueError) reject(outcome);
        else if (outcome.kind === 'failed') reject(this.failure(outcome.code, outcome.message, outcome.fix));
        else resolve(outcome as ReplyOf<Kind>);
      };
      this.child.send(request, (error) => {
        if (error) this.end(this.failure('model-abort', error.message));
      });
    });
  }

  /** The first reason counts: what follows a kill is only its echo. */
  private end(reason: IssueError): void {
    this.ended ??= reason;
    this.settle?.(this.ended);
    this.child.kill('SIGKILL');
  }

  private failure(
    code: string,
    message: string,
    fix = 'convert the model again, or allow more time',
  ): IssueError {
    return new IssueError('model', [{ code, path: this.file, message, fix }]);
  }
}
