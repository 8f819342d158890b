import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PipelineDefinition } from '../../pipeline';
import type { LocalStore } from '../store';

/** What a step is given to run with. */
export interface StepContext {
  readonly definition: PipelineDefinition;
  readonly store: LocalStore;
  /** Python interpreter that has the stage programs' dependencies. */
  readonly python: string;
  /** Absolute directories. */
  readonly inputs: Readonly<Record<string, string>>;
  /** Absolute directories, empty. */
  readonly outputs: Readonly<Record<string, string>>;
  /** Absolute directory for the state of a step that is interrupted; not there before its first try. */
  readonly checkpoints: string;
  /** File for what the step prints. */
  readonly log: string;
  readonly signal: AbortSignal;
  /** Asked where the definition wants a person's approval. */
  readonly approve: (version: string) => Promise<boolean>;
  readonly onProgress: (message: string) => void;
}

/** What a step decided, for the steps after it and for the journal. */
export interface StepResult {
  /** A few words for people; may be empty. */
  readonly detail: string;
  /** A gate's verdict, where the run goes on either way. */
  readonly accepted?: boolean;
  /** The version that was registered or released. */
  readonly version?: string;
  /** The command that serves a version which this machine does not serve. */
  readonly serveWith?: string;
}

/** The version in the directory named `version`. */
export function versionOf({ version = '' }: Readonly<Record<string, string>>): string {
  return (JSON.parse(readFileSync(join(version, 'manifest.json'), 'utf8')) as { version: string }).version;
}
