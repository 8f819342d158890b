import type { ChildProcess } from 'node:child_process';
import { IssueError } from '../../issue';
import type { FailureReply, RuntimeReply, RuntimeRequest } from './messages';
import { INSTALL_RUNTIME, OPSETS } from './runtime-version';
import { defaultMemoryMiB, startSandbox } from './sandbox';
import { MEMORY_WORDS } from './watchdog';

/** Bytes of the child's last words that an error repeats. */
const STDERR_LIMIT = 2000;

const MEMORY_FIX = 'look for an operator that makes a far larger tensor than it needs, or allow more memory';

const FIXES: Readonly<Record<FailureReply['code'], string>> = {
  'runtime-missing': INSTALL_RUNTIME,
  'provider-missing':
    'run it where the CUDA libraries are installed (`ONNXRUNTIME_NODE_INSTALL=cuda12 npm install`) and a GPU is there, or choose the execution provider cpu',
  'model-load': `export the model again for onnxruntime 1.30, with an opset of ${OPSETS.min} to ${OPSETS.max}`,
  'model-run': 'give every input with the dtype and shape the signature tells',
  'model-memory': MEMORY_FIX,
  'element-type': 'cast it inside the model and export again',
};

export interface RuntimeProcessOptions {
  /**
   * The process is killed when its resident memory passes this many MiB.
   *
   * @default - three quarters of the memory of the machine, or of the container
   */
  readonly memoryMiB?: number;
  /** Kills the process when aborted; what waits is rejected with the signal's reason. @default - none */
  readonly signal?: AbortSignal;
}

/** What is asked of the process. */
export interface Question {
  /** The model's file, for messages. */
  readonly file: string;
  readonly request: RuntimeRequest;
  /** What the request does, for messages: `"load"`. */
  readonly doing: string;
  readonly timeoutMs: number;
}

/**
 * A child process with onnxruntime. It answers one request at a time; one that takes too long or too
 * much memory, and one that brings the process down, ends it, and every later request is refused with
 * the same error.
 */
export class RuntimeProcess {
  private readonly child: ChildProcess;
  private readonly memoryMiB: number;
  private stderr = '';
  private ended: Error | undefined;
  private pending: { readonly question: Question; readonly settle: Settle } | undefined;
  private queue: Promise<unknown> = Promise.resolve();
  private readonly abort = () => {
    this.end(this.options.signal?.reason as Error);
  };

  constructor(private readonly options: RuntimeProcessOptions = {}) {
    const { memoryMiB = defaultMemoryMiB(), signal } = options;
    signal?.throwIfAborted();
    this.memoryMiB = memoryMiB;
    this.child = startSandbox(require.resolve('./child'), memoryMiB);
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr = (this.stderr + text).slice(-STDERR_LIMIT);
    });
    this.child.on('message', (reply: RuntimeReply) => this.pending?.settle(reply));
    this.child.on('error', (error) => {
      this.end(this.abortion(error.message));
    });
    this.child.on('close', (code, signal) => {
      this.end(this.abortion(signal ?? `exit code ${code ?? 'unknown'}`));
    });
    signal?.addEventListener('abort', this.abort);
  }

  /** Whether the process is gone, by its own fault or stopped. */
  get gone(): boolean {
    return this.ended !== undefined;
  }

  /** @throws IssueError when the request fails, takes too much time or memory, or ends the process */
  ask<Reply extends RuntimeReply>(question: Question): Promise<Reply> {
    const turn = this.queue.then(() => this.send(question));
    this.queue = turn.catch(() => undefined);
    return turn as Promise<Reply>;
  }

  /** Ends the process; safe to call twice. */
  async stop(): Promise<void> {
    this.end(stopped(this.pending?.question.file ?? 'model'));
    const { pid, exitCode, signalCode } = this.child;
    if (pid === undefined || exitCode !== null || signalCode !== null) return;
    await new Promise((resolve) => this.child.once('close', resolve));
  }

  private send(question: Question): Promise<RuntimeReply> {
    if (this.ended) throw this.ended;
    const { file, doing, timeoutMs } = question;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.end(timeout(file, doing, timeoutMs));
      }, timeoutMs);
      const settle: Settle = (outcome) => {
        clearTimeout(timer);
        this.pending = undefined;
        if (outcome instanceof Error) reject(outcome);
        else if (outcome.kind === 'failed') reject(this.failed(file, outcome));
        else resolve(outcome);
      };
      this.pending = { question, settle };
      this.child.send(question.request, (error) => {
        if (error) this.end(this.abortion(error.message));
      });
    });
  }

  /** An allocator that was refused memory keeps what it could get instead: its process is of no more use. */
  private failed(file: string, { code, message }: FailureReply): IssueError {
    const error = failure(file, code, message.trim(), FIXES[code]);
    if (code === 'model-memory') this.end(error);
    return error;
  }

  /** The first reason counts: what follows a kill is only its echo. */
  private end(reason: Error): void {
    this.ended ??= reason;
    this.pending?.settle(this.ended);
    this.options.signal?.removeEventListener('abort', this.abort);
    this.child.kill('SIGKILL');
  }

  /** Why the process ended by itself. */
  private abortion(how: string): IssueError {
    const { file, doing } = this.pending?.question ?? { file: 'model', doing: 'wait' };
    const used = MEMORY_WORDS.exec(this.stderr)?.[1];
    if (used !== undefined) {
      const message = `used ${Math.ceil(Number(used) / 2 ** 20)} MiB when asked to ${doing}, allowed: ${this.memoryMiB}; its process was stopped`;
      return failure(file, 'model-memory', message, MEMORY_FIX);
    }
    const words = lastWords(this.stderr);
    const fix = 'export the model again without the operators or element types the runtime cannot handle';
    const message = `ended its process (${how}) when asked to ${doing}${words && `: ${words}`}`;
    return failure(file, 'model-abort', message, fix);
  }
}

type Settle = (outcome: RuntimeReply | Error) => void;

/** Why a model that was stopped does not run. */
export function stopped(file: string): IssueError {
  return failure(file, 'model-stopped', 'its process was stopped', 'start a new process');
}

function timeout(file: string, doing: string, timeoutMs: number): IssueError {
  const message = `did not ${doing} within ${timeoutMs} ms, and its process was stopped`;
  return failure(file, 'model-timeout', message, 'look for a loop that does not end, or allow more time');
}

function failure(path: string, code: string, message: string, fix: string): IssueError {
  return new IssueError('model', [{ code, path, message, fix }]);
}

/** The line that says why, where there is one among the dumps; else the end. */
function lastWords(stderr: string): string {
  const lines = stderr.split('\n').filter((line) => line.trim() !== '');
  return (lines.find((line) => line.includes('FATAL ERROR')) ?? lines.slice(-3).join(' ')).trim();
}
