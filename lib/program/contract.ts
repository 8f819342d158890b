import type { Signer } from '../artifact';
import type { Json } from '../pipeline/definition';

/**
 * What a program is told, as a JSON file: the one contract of stage programs (Python) and artifact
 * programs (TypeScript) on every target. Adapters resolve the directories; a program knows no cloud.
 */
export interface ProgramRequest {
  readonly schemaVersion: 1;
  readonly program: string;
  /** Id of the plan's step, for messages. */
  readonly step: string;
  readonly parameters: Readonly<Record<string, Json>>;
  /** Absolute path of the user's code; absent where the program needs none. */
  readonly source?: string;
  /** Absolute path of a directory that outlives an interrupted try; absent where the step keeps no state. */
  readonly checkpoints?: string;
  /** Absolute paths of directories that exist. */
  readonly inputs: Readonly<Record<string, string>>;
  /** Absolute paths of empty directories. `metrics` is always one of them. */
  readonly outputs: Readonly<Record<string, string>>;
}

/** `metrics/metrics.json`: numbers by name, in units the name tells. */
export type Metrics = Readonly<Record<string, number>>;

/** What a target lends to programs. */
export interface ProgramServices {
  /** Signs the versions that `register` makes. @default - they are not signed */
  readonly signer?: Signer;
}
