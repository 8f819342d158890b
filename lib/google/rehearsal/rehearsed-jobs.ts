import { mkdirSync, mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import type { JobStep, Json, Plan, Tuning } from '../../pipeline';
import { type ProgramRequest, readMetrics } from '../../program';
import type { ProgramCache } from '../../rehearsal/program-cache';
import { type ContainerWords, readWords } from './container-words';
import type { FakeStore, Guard } from './fake-store';

type Directories = Readonly<Record<string, string>>;

/** Carries out a stage program: fills the directories of its outputs, or throws why it failed. */
export type ProgramRunner = (request: ProgramRequest, step: JobStep) => Promise<void>;

/** The store as a job has it. */
export interface JobWorld {
  readonly store: FakeStore;
  /** Judges accesses in the name of the job's service account. */
  readonly guard: Guard;
  /** Changes what a stage program wrote. */
  readonly alter: (step: string, outputs: Directories) => Directories;
}

export interface RehearsedJobsProps {
  readonly plan: Plan;
  /** Directory of the user's code. */
  readonly source: string;
  /** For the directories of programs. */
  readonly directory: string;
  readonly cache: ProgramCache;
  readonly run: ProgramRunner;
}

/** A trial of a tuning, as Vertex AI tells of it. */
export interface Trial {
  readonly id: string;
  readonly state: 'SUCCEEDED' | 'INFEASIBLE';
  readonly finalMeasurement?: { readonly metrics: readonly { metricId: string; value: number }[] };
}

/** The stage programs of a plan, as containers that have the store mounted. */
export class RehearsedJobs {
  constructor(private readonly props: RehearsedJobsProps) {}

  /**
   * @param words the container's command: `python3 /gcs/<bucket>/code/… --step <id> …`
   * @throws Error with the cause, where the program fails
   */
  async run(words: readonly string[], world: JobWorld): Promise<void> {
    const { job, step } = this.read(words, world);
    await this.carryOut(step, job, step.program, step.parameters, '', world);
  }

  /** Trains once for each trial, with values from the ranges, into directories named after the trial. */
  async tune(words: readonly string[], world: JobWorld): Promise<readonly Trial[]> {
    const { job, step } = this.read(words, world);
    const { tuning, ...parameters } = step.parameters as { tuning: Json; hyperparameters: object };
    const { objective, ranges, trials } = tuning as unknown as Tuning;
    const done: Trial[] = [];
    for (let trial = 1; trial <= trials; trial += 1) {
      const chosen = Object.fromEntries(
        Object.entries(ranges).map(([name, range]) => [name, choose(range, trial / trials)]),
      );
      const hyperparameters = { ...parameters.hyperparameters, ...chosen } as Json;
      const trained = { ...parameters, hyperparameters };
      const outputs = await this.carryOut(step, job, 'train', trained, `${trial}/`, world);
      const value = readMetrics(outputs.metrics ?? '')[objective];
      if (value === undefined) {
        done.push({ id: String(trial), state: 'INFEASIBLE' });
        continue;
      }
      const finalMeasurement = { metrics: [{ metricId: objective, value }] };
      done.push({ id: String(trial), state: 'SUCCEEDED', finalMeasurement });
    }
    return done;
  }

  private read(words: readonly string[], { guard, store }: JobWorld): { job: ContainerWords; step: JobStep } {
    const [python, entry = '', ...rest] = words;
    if (python !== 'python3') throw new Error(`no stage program: ${words.join(' ')}`);
    const code = mountedPath(store, entry);
    const there = store.fetch(this.place('code'), code.slice(0, code.lastIndexOf('/') + 1), guard);
    if (!there || store.get(code) === undefined) throw new Error(`there is no code at ${entry}`);
    const job = readWords(rest);
    const step = this.props.plan.steps.find(({ id }) => id === job.step);
    if (step?.kind !== 'job') throw new Error(`the plan has no job "${job.step ?? ''}"`);
    same(`inputs of ${step.id}`, Object.keys(job.inputs), Object.keys(step.inputs));
    same(`outputs of ${step.id}`, Object.keys(job.outputs), step.outputs);
    // Nothing in the store is old.
    const options = Object.keys(job.options).filter((name) => name !== 'newer-than');
    same(`options of ${step.id}`, options, step.checkpoints ? ['checkpoints'] : []);
    return { job, step };
  }

  private place(name: string): string {
    return mkdtempSync(join(this.props.directory, `${name}-`));
  }

  /** @returns the directories that it wrote */
  private async carryOut(
    step: JobStep,
    { inputs, options, outputs }: ContainerWords,
    program: string,
    parameters: Readonly<Record<string, Json>>,
    trial: string,
    { alter, guard, store }: JobWorld,
  ): Promise<Directories> {
    const directory = this.place(step.id);
    if (options.checkpoints !== undefined) keepState(directory, store, options.checkpoints, guard);
    const local: Record<string, string> = {};
    for (const [name, path] of Object.entries(inputs)) {
      local[name] = join(directory, 'inputs', name);
      const there = store.fetch(local[name], mountedPath(store, path), guard);
      const source = step.inputs[name];
      const optional = source?.from === 'store' && source.optional === true;
      if (!there && !optional) throw new Error(`there is nothing at ${path} for the input "${name}"`);
    }
    const made = Object.fromEntries(
      step.outputs.map((name) => [name, join(directory, 'outputs', name)] as const),
    );
    for (const output of Object.values(made)) mkdirSync(output, { recursive: true });
    const request = {
      schemaVersion: 1,
      program,
      step: step.id,
      parameters,
      source: this.props.source,
    } as const;
    await this.props.cache.run({ ...request, inputs: local, outputs: made }, (full) =>
      this.props.run(full, step),
    );
    const written = alter(step.id, made);
    for (const [name, path] of Object.entries(outputs))
      store.write(written[name] ?? '', `${mountedPath(store, path)}${trial}`, guard);
    return written;
  }
}

/** A path of the store that a container finds under `/gcs/<bucket>/`. */
export function mountedPath({ bucketName }: FakeStore, path: string): string {
  const mount = `/gcs/${bucketName}/`;
  if (!path.startsWith(mount)) throw new Error(`${path} is not in the store`);
  return path.slice(mount.length);
}

/** A job that may be interrupted writes its state, and replaces it. */
function keepState(directory: string, store: FakeStore, path: string, guard: Guard): void {
  const prefix = mountedPath(store, path);
  store.fetch(join(directory, 'checkpoints'), prefix, guard);
  const saved = store.list(prefix).length;
  for (const state of [`${saved}`, `${saved}, and more`])
    store.writeFile(`${prefix}state`, Buffer.from(state), guard);
}

function choose(range: Tuning['ranges'][string], share: number): Json {
  if (range.kind === 'categorical') return range.values[0] ?? '';
  const value = range.min + (range.max - range.min) * share;
  return range.kind === 'integer' ? Math.round(value) : value;
}

function same(what: string, given: readonly string[], wanted: readonly string[]): void {
  if ([...given].sort().join() === [...wanted].sort().join()) return;
  throw new Error(`${what}: ${given.join(', ') || 'none'}; the plan has ${wanted.join(', ') || 'none'}`);
}
