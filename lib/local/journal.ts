import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { digestDirectory } from './digest';
import type { StepResult } from './steps';
import { type LocalStore, writeJson } from './store';

/** A finished step of a run. */
export interface StepRecord {
  readonly step: string;
  /** Digest of all that decides the step's outcome; equal fingerprints, equal outcome. */
  readonly fingerprint: string;
  /** By name: the directory, relative to the store, and the digest of its content. */
  readonly outputs: Readonly<Record<string, { readonly directory: string; readonly digest: string }>>;
  readonly result: StepResult;
  /** Seconds the step took when it ran. */
  readonly seconds: number;
  /** The run whose outcome this is, where the step was not run again. */
  readonly reusedFrom?: string;
}

interface RunRecord {
  readonly schemaVersion: 1;
  readonly pipeline: string;
  readonly run: string;
  readonly steps: readonly StepRecord[];
}

/** `runs/<run>/run.json`: what a run has finished, written after every step. */
export class Journal {
  private readonly finished: StepRecord[] = [];

  constructor(
    private readonly store: LocalStore,
    private readonly pipeline: string,
    readonly run: string,
  ) {
    this.write();
  }

  get steps(): readonly StepRecord[] {
    return this.finished;
  }

  add(record: StepRecord): void {
    this.finished.push(record);
    this.write();
  }

  private write(): void {
    const record: RunRecord = {
      schemaVersion: 1,
      pipeline: this.pipeline,
      run: this.run,
      steps: this.finished,
    };
    writeJson(join(this.store.run(this.run), 'run.json'), record);
  }
}

/** Finished steps of earlier runs, found by fingerprint. What a crashed run finished counts too. */
export class History {
  private readonly records = new Map<string, StepRecord>();

  constructor(private readonly store: LocalStore) {
    for (const run of store.runs()) {
      for (const record of readSteps(join(store.run(run), 'run.json'))) {
        this.records.set(record.fingerprint, { reusedFrom: run, ...record });
      }
    }
  }

  /** The outcome of an earlier run of the step, if its outputs are still there, unchanged. */
  find(fingerprint: string): StepRecord | undefined {
    const record = this.records.get(fingerprint);
    return record !== undefined && this.isIntact(record) ? record : undefined;
  }

  private isIntact({ outputs }: StepRecord): boolean {
    return Object.values(outputs).every(({ directory, digest }) => {
      const path = join(this.store.root, directory);
      return existsSync(path) && digestDirectory(path) === digest;
    });
  }
}

/** A journal that cannot be read has nothing to reuse: its steps run again. */
function readSteps(file: string): readonly StepRecord[] {
  if (!existsSync(file)) return [];
  try {
    return (JSON.parse(readFileSync(file, 'utf8')) as RunRecord).steps;
  } catch {
    return [];
  }
}
