import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { ModelSignature, Tolerance } from '../pipeline/definition';
import { readGolden, type GoldenSamples } from './golden';
import { readModel } from './onnx/read-model';
import { Preprocessing } from './preprocessing/preprocessing';
import { ModelProcess, type ModelProcessOptions, type TimedRun } from './runtime/model-process';
import { readSignature } from './signature';

/** What a verification is about. */
export interface SubjectOptions extends Pick<ModelProcessOptions, 'startTimeoutMs' | 'runTimeoutMs'> {
  /** The model. */
  readonly file: string;
  /** Where its package is; absent for a bare file. */
  readonly directory?: string;
  /** Signature the model is held to, besides the package's own. */
  readonly signature?: ModelSignature;
  /** Directory of golden samples, in place of the package's own. */
  readonly golden?: string;
  readonly tolerance: Required<Tolerance>;
}

/**
 * A model under verification. Everything about it is read when first asked for, once; each getter
 * throws IssueError when what it reads is broken.
 */
export class Subject {
  readonly file: string;
  readonly tolerance: Required<Tolerance>;
  readonly model = once(() => readModel(this.options.file));
  readonly golden = once(() => this.readGolden());
  readonly preprocessing = once(() => this.readPreprocessing());
  readonly signatures = once(() => this.readSignatures());
  readonly process = once(() => this.startProcess());
  /** The model's answer to each golden sample, one by one. */
  readonly answers = once(() => this.answerAll());
  private started: ModelProcess | undefined;

  constructor(private readonly options: SubjectOptions) {
    this.file = options.file;
    this.tolerance = options.tolerance;
  }

  /** Whether the model's process was running and is no more. */
  get processGone(): boolean {
    return this.started?.gone ?? false;
  }

  async close(): Promise<void> {
    await this.started?.stop();
  }

  private inPackage(name: string): string | undefined {
    const { directory } = this.options;
    return directory !== undefined && existsSync(join(directory, name)) ? join(directory, name) : undefined;
  }

  private readGolden(): GoldenSamples | undefined {
    const directory = this.options.golden ?? this.inPackage('golden');
    return directory === undefined ? undefined : readGolden(directory);
  }

  private readPreprocessing(): Preprocessing | undefined {
    const directory = this.inPackage('preprocessing');
    return directory === undefined ? undefined : Preprocessing.load(directory);
  }

  private readSignatures(): ModelSignature[] {
    const file = this.inPackage('signature.json');
    const signatures = [this.options.signature, file === undefined ? undefined : readSignature(file)];
    return signatures.filter((signature) => signature !== undefined);
  }

  private async startProcess(): Promise<ModelProcess> {
    this.started = await ModelProcess.start(this.options.file, this.options);
    return this.started;
  }

  private async answerAll(): Promise<TimedRun[]> {
    const process = await this.process();
    const answers: TimedRun[] = [];
    for (const { tensors } of this.golden()?.samples ?? []) answers.push(await process.time(tensors));
    return answers;
  }
}

/** Remembers what the first call returned. */
function once<T>(read: () => T): () => T {
  let result: { readonly value: T } | undefined;
  return () => (result ??= { value: read() }).value;
}
