import type { ModelProcess } from '../artifact';
import { joinFeeds, splitOutputs, takeBatch, type Batchable, type Tensors } from './batching';
import { causeOf } from './failures';
import { timedOut, unavailable } from './http-error';

export interface ModelRunnerOptions {
  /** Loads the model in a process of its own. */
  readonly start: () => Promise<ModelProcess>;
  /** Requests that may wait for the model; one more is refused. */
  readonly maxQueue: number;
  /** Rows one run may hold when waiting requests are run together; 1 runs each alone. */
  readonly maxBatch: number;
  /** A request has its answer or an error after this many milliseconds, whether it waits or runs. */
  readonly timeoutMs: number;
  /** Hears why the model is down, and that it is up again. */
  readonly onChange: (change: { readonly up: boolean; readonly cause?: string }) => void;
}

interface Job extends Batchable {
  alone: boolean;
  /** Set once its time limit has passed: its answer would reach nobody. */
  expired: boolean;
  readonly resolve: (outputs: Tensors) => void;
  readonly reject: (error: unknown) => void;
  readonly timer: NodeJS.Timeout;
}

const FIRST_RETRY_MS = 1_000;
const LAST_RETRY_MS = 30_000;

/**
 * Feeds one model process from a bounded queue and replaces the process when it ends. Requests that
 * wait outlive it. What ran together and failed runs again one by one, so that no request fails over
 * another.
 */
export class ModelRunner {
  private queue: Job[] = [];
  private state: 'starting' | 'up' | 'down' | 'closed' = 'starting';
  private process: ModelProcess | undefined;
  /** Settles once no process is being started. */
  private starting: Promise<void> = Promise.resolve();
  private working = false;
  private retry: NodeJS.Timeout | undefined;

  constructor(private readonly options: ModelRunnerOptions) {}

  /**
   * Loads the model.
   *
   * @throws what `start` throws
   */
  async open(): Promise<void> {
    const opened = this.launch();
    this.starting = opened.catch(() => undefined);
    await opened;
  }

  /** Whether the model is loaded and its process alive. A process found dead is replaced. */
  isReady(): boolean {
    return this.alive() !== undefined;
  }

  /**
   * Runs the model once.
   *
   * @throws HttpError 503 when the queue is full or the model does not load, 504 after the time limit
   * @throws IssueError when the run itself fails
   */
  run(feeds: Tensors): Promise<Tensors> {
    const { maxQueue, timeoutMs } = this.options;
    if (!this.isReady() && this.state !== 'starting') return Promise.reject(modelDown());
    if (this.queue.length >= maxQueue) {
      return Promise.reject(unavailable('queue-full', `${maxQueue} requests are waiting for the model`, 1));
    }
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        job.expired = true;
        this.queue = this.queue.filter(({ expired }) => !expired);
        reject(timedOut(timeoutMs));
      }, timeoutMs);
      const job: Job = { feeds, alone: false, expired: false, resolve, reject, timer };
      this.queue.push(job);
      void this.work();
    });
  }

  /** Ends the process and refuses what still waits. */
  async close(): Promise<void> {
    this.state = 'closed';
    clearTimeout(this.retry);
    this.refuseAll();
    await this.starting;
    await this.process?.stop();
  }

  private async work(): Promise<void> {
    if (this.working) return;
    this.working = true;
    for (let process = this.alive(); process; process = this.alive()) {
      const jobs = takeBatch(this.queue, this.options.maxBatch);
      if (jobs.length === 0) break;
      await this.serve(process, jobs);
    }
    this.working = false;
  }

  private async serve(process: ModelProcess, jobs: readonly Job[]): Promise<void> {
    const feeds = jobs.map((job) => job.feeds);
    try {
      const outputs = splitOutputs(await process.run(joinFeeds(feeds)), feeds);
      jobs.forEach((job, index) => {
        clearTimeout(job.timer);
        job.resolve(outputs[index] ?? {});
      });
    } catch (error) {
      if (jobs.length > 1) this.requeue(jobs);
      else this.refuse(jobs, error);
    }
  }

  private requeue(jobs: readonly Job[]): void {
    for (const job of jobs) job.alone = true;
    this.queue.unshift(...jobs.filter(({ expired }) => !expired));
    if (this.state === 'closed') this.refuseAll();
  }

  private refuse(jobs: readonly Job[], error: unknown): void {
    for (const { timer, reject } of jobs) {
      clearTimeout(timer);
      reject(error);
    }
  }

  private refuseAll(): void {
    this.refuse(this.queue.splice(0), modelDown());
  }

  private alive(): ModelProcess | undefined {
    if (this.state === 'up' && this.process?.gone) this.replace();
    return this.state === 'up' ? this.process : undefined;
  }

  private async launch(): Promise<void> {
    this.process = await this.options.start();
    if (this.state === 'closed') return;
    this.state = 'up';
    void this.work();
  }

  private replace(): void {
    this.state = 'starting';
    this.options.onChange({ up: false, cause: 'its process ended' });
    this.restart(FIRST_RETRY_MS);
  }

  private restart(retryMs: number): void {
    const up = () => {
      if (this.state !== 'closed') this.options.onChange({ up: true });
    };
    const failed = (error: unknown) => {
      if (this.state === 'closed') return;
      this.state = 'down';
      this.options.onChange({ up: false, cause: causeOf(error) });
      this.refuseAll();
      this.retry = setTimeout(() => {
        this.restart(Math.min(2 * retryMs, LAST_RETRY_MS));
      }, retryMs);
    };
    this.starting = this.launch().then(up, failed);
  }
}

function modelDown(): Error {
  return unavailable('model-down', 'the model is not loaded', 5);
}
