import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { IssueError } from '../issue';
import type { ModelSignature, Tolerance } from '../pipeline/definition';
import { FileDigests } from './file-digests';
import { readGolden, type GoldenSamples } from './golden';
import { describeModel, readStructure } from './onnx/read-model';
import { Preprocessing } from './preprocessing/preprocessing';
import type { PublicKey } from './provenance/keys';
import { ModelProcess, type ModelProcessOptions, type TimedRun } from './runtime/model-process';
import type { RuntimePool } from './runtime/runtime-pool';
import { readSignature } from './signature';

/** What a verification is about. */
export interface SubjectOptions extends Pick<
  ModelProcessOptions,
  'startTimeoutMs' | 'runTimeoutMs' | 'memoryMiB' | 'signal'
> {
  /** The model. */
  readonly file: string;
  /** Where its package is; absent for a bare file. */
  readonly directory?: string;
  /** Signature the model is held to, besides the package's own. */
  readonly signature?: ModelSignature;
  /** Directory of golden samples, in place of the package's own. */
  readonly golden?: string;
  /** Key whose holder must have signed the package. */
  readonly publicKey?: PublicKey;
  readonly tolerance: Required<Tolerance>;
  /** Processes to run the model in. */
  readonly pool?: RuntimePool;
}

/**
 * A model under verification. Everything about it is read when first asked for, once; each getter
 * throws IssueError when what it reads is broken.
 */
export class Subject {
  readonly file: string;
  readonly directory: string | undefined;
  readonly publicKey: PublicKey | undefined;
  readonly tolerance: Required<Tolerance>;
  readonly structure = once(() => readStructure(this.options.file));
  readonly model = once(() => describeModel(this.structure()));
  readonly golden = once(() => this.readGolden());
  readonly preprocessing = once(() => this.readPreprocessing());
  readonly signatures = once(() => this.readSignatures());
  readonly process = once(() => this.startProcess());
  /** The model's answer to each golden sample, one by one. */
  readonly answers = once(() => this.answerAll());
  private started: ModelProcess | undefined;
  private refusal: { readonly by: string; readonly error: IssueError } | undefined;

  constructor(
    private readonly options: SubjectOptions,
    /** Digests of the files that were asked for. */
    readonly digests = new FileDigests(),
  ) {
    this.file = options.file;
    this.directory = options.directory;
    this.publicKey = options.publicKey;
    this.tolerance = options.tolerance;
  }

  /** The check that found the model unfit to be executed; nothing where none did. */
  get forbiddenBy(): string | undefined {
    return this.refusal?.by;
  }

  /** From now on the model is not executed: `process` throws. */
  forbidExecution(check: string): void {
    const message = `is not executed, because "${check}" failed`;
    const fix = `mend what "${check}" found`;
    const issue = { code: 'execution-forbidden', path: this.file, message, fix };
    this.refusal ??= { by: check, error: new IssueError('model', [issue]) };
  }

  /** For a check that starts a process of its own. @throws IssueError where executing is forbidden */
  demandExecution(): void {
    if (this.refusal) throw this.refusal.error;
  }

  /** Whether this is the error with which executing was refused. */
  refused(error: IssueError): boolean {
    return error === this.refusal?.error;
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
    if (directory === undefined) return undefined;
    const { input = [], output = [] } = this.structure().model.graph ?? {};
    return readGolden(directory, {
      inputs: input.map(({ name }) => name),
      outputs: output.map(({ name }) => name),
    });
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
    this.demandExecution();
    const { file, pool } = this.options;
    this.started = await (pool?.start(file, this.options) ?? ModelProcess.start(file, this.options));
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
