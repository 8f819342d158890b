import { fork, type ChildProcess } from 'node:child_process';
import { dirname } from 'node:path';
import { IssueError } from '../../issue';
import { INSTALL_RUNTIME, OPSETS } from './runtime-version';
import type { FailureReply, RuntimeReply, RuntimeRequest } from './messages';

/** Bytes of the child's last words that an error repeats. */
const STDERR_LIMIT = 2000;

const FIXES: Readonly<Record<FailureReply['code'], string>> = {
  'runtime-missing': INSTALL_RUNTIME,
  'model-load': `export the model again for onnxruntime 1.30, with an opset of ${OPSETS.min} to ${OPSETS.max}`,
  'model-run': 'give every input with the dtype and shape the signature tells',
};

/**
 * A child process with onnxruntime. It answers one request at a time; one that takes too long, and
 * one that brings the process down, ends it, and every later request is refused with the same error.
 */
export class RuntimeProcess {
  private readonly child: ChildProcess;
  private stderr = '';
  private ended: IssueError | undefined;
  private pending:
    { readonly doing: string; readonly settle: (outcome: RuntimeReply | IssueError) => void } | undefined;
  private queue: Promise<unknown> = Promise.resolve();
  private readonly kill = () => this.child.kill('SIGKILL');

  constructor(
    /** The model's file, for messages. */
    private readonly file: string,
  ) {
    const entry = require.resolve('./child');
    this.child = fork(entry, {
      cwd: dirname(entry),
      // The official builds report to their makers, and leave files in the temporary directory.
      env: { ...process.env, ORT_DISABLE_TELEMETRY: '1' },
      execArgv: entry.endsWith('.ts') ? ['--import', 'tsx'] : [],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
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
    process.once('exit', this.kill);
  }

  /** Whether the process is gone, by its own fault or stopped. */
  get gone(): boolean {
    return this.ended !== undefined;
  }

  /**
   * @param doing what the request does, for messages: `"load"`
   * @throws IssueError when the request fails, takes too long, or ends the process
   */
  request<Reply extends RuntimeReply>(
    message: RuntimeRequest,
    doing: string,
    timeoutMs: number,
  ): Promise<Reply> {
    const turn = this.queue.then(() => this.ask(message, doing, timeoutMs));
    this.queue = turn.catch(() => undefined);
    return turn as Promise<Reply>;
  }

  /** Ends the process; safe to call twice. */
  async stop(): Promise<void> {
    this.end(this.failure('model-stopped', 'its process was stopped', 'start a new process'));
    const { pid, exitCode, signalCode } = this.child;
    if (pid === undefined || exitCode !== null || signalCode !== null) return;
    await new Promise((resolve) => this.child.once('close', resolve));
  }

  private ask(message: RuntimeRequest, doing: string, timeoutMs: number): Promise<RuntimeReply> {
    if (this.ended) throw this.ended;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.end(this.timeout(doing, timeoutMs));
      }, timeoutMs);
      const settle = (outcome: RuntimeReply | IssueError) => {
        clearTimeout(timer);
        this.pending = undefined;
        if (outcome instanceof IssueError) reject(outcome);
        else if (outcome.kind === 'failed')
          reject(this.failure(outcome.code, outcome.message.trim(), FIXES[outcome.code]));
        else resolve(outcome);
      };
      this.pending = { doing, settle };
      this.child.send(message, (error) => {
        if (error) this.end(this.abortion(error.message));
      });
    });
  }

  /** The first reason counts: what follows a kill is only its echo. */
  private end(reason: IssueError): void {
    this.ended ??= reason;
    this.pending?.settle(this.ended);
    process.off('exit', this.kill);
    this.kill();
  }

  private timeout(doing: string, timeoutMs: number): IssueError {
    const message = `did not ${doing} within ${timeoutMs} ms, and its process was stopped`;
    return this.failure('model-timeout', message, 'look for a loop that does not end, or allow more time');
  }

  private abortion(how: string): IssueError {
    const doing = this.pending ? ` when asked to ${this.pending.doing}` : '';
    const words = lastWords(this.stderr);
    const fix = 'export the model again without the operators or element types the runtime cannot handle';
    return this.failure('model-abort', `ended its process (${how})${doing}${words && `: ${words}`}`, fix);
  }

  private failure(code: string, message: string, fix: string): IssueError {
    return new IssueError('model', [{ code, path: this.file, message, fix }]);
  }
}

/** The line that says why, where there is one among the dumps; else the end. */
function lastWords(stderr: string): string {
  const lines = stderr.split('\n').filter((line) => line.trim() !== '');
  return (lines.find((line) => line.includes('FATAL ERROR')) ?? lines.slice(-3).join(' ')).trim();
}
