import type { ModelProcessOptions, RuntimeSpec } from '../runtime/model-process';
import type { Tensor } from '../tensor';

/** A model of any format that answers inputs, in a process of its own. */
export interface RunnableModel {
  readonly inputs: Readonly<Record<string, RuntimeSpec>>;
  readonly outputs: Readonly<Record<string, RuntimeSpec>>;
  readonly run: (feeds: Readonly<Record<string, Tensor>>) => Promise<Readonly<Record<string, Tensor>>>;
  readonly stop: () => Promise<void>;
}

/** Limits of the processes that run the models. */
export type RunOptions = Pick<ModelProcessOptions, 'startTimeoutMs' | 'runTimeoutMs'>;
