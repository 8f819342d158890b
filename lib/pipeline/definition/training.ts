import type { JobOptions, Json, MachineRequest, MetricBounds } from './common';

/** Stage 1: from raw data to a trained, exported, evaluated model that passed its gate. */
export interface Training {
  readonly framework: 'pytorch' | 'tensorflow';
  /**
   * Directory of the raw data, relative to the definition's `source`. On a cloud it is
   * `datasets/<pipeline>/` of the artifact store.
   * @default "data"
   */
  readonly data?: string;
  /** @default - `preprocess.py` with no parameters */
  readonly preprocess?: Preprocess;
  readonly train: Train;
  /** @default - no tuning: `train` runs once with its hyperparameters */
  readonly tuning?: Tuning;
  /** @default - one machine, one process */
  readonly distribution?: Distribution;
  /** @default - weights start at random */
  readonly transferLearning?: TransferLearning;
  /** @default - the data as preprocessed */
  readonly augmentation?: Augmentation;
  readonly evaluate: Evaluate;
  /** Bounds per metric that `evaluate` reports. A model outside any of them goes no further. */
  readonly gate: Readonly<Record<string, MetricBounds>>;
}

export interface Preprocess extends JobOptions {
  /** @default "preprocess.py" */
  readonly entry?: string;
  /** Passed to `preprocess(input_dir, output_dir, parameters)`. @default {} */
  readonly parameters?: Readonly<Record<string, Json>>;
}

export interface Train extends JobOptions {
  /** @default "train.py" */
  readonly entry?: string;
  /** Passed to `train(data_dir, model_dir, hyperparameters)`. @default {} */
  readonly hyperparameters?: Readonly<Record<string, Json>>;
  /**
   * Interruptible capacity at a lower price. Needs checkpoints in the user's code.
   * @default "on-demand"
   */
  readonly capacity?: 'on-demand' | 'spot';
}

export interface Tuning {
  /** Metric in the `metrics.json` of `train` to improve. */
  readonly objective: string;
  readonly goal: 'maximize' | 'minimize';
  /** Hyperparameters to search. */
  readonly ranges: Readonly<Record<string, TuningRange>>;
  /** Training runs in all. */
  readonly trials: number;
  /** Training runs at a time. @default 1 */
  readonly parallelTrials?: number;
  /** Stop trials that will not win. @default "off" */
  readonly earlyStopping?: 'auto' | 'off';
}

export type TuningRange =
  | {
      readonly kind: 'continuous' | 'integer';
      readonly min: number;
      readonly max: number;
      readonly scale?: 'linear' | 'log';
    }
  | { readonly kind: 'categorical'; readonly values: readonly string[] };

export interface Distribution {
  /** `data-parallel`: every process holds the model. `model-parallel`: the processes share it. */
  readonly strategy: 'data-parallel' | 'model-parallel';
  /** Machines of `train.machine`'s kind. @default 1 */
  readonly machines?: number;
}

export interface TransferLearning {
  /** Where the start weights come from: a version of this registry, or a prefix of the store. */
  readonly from: { readonly version: string } | { readonly prefix: string };
  /** Names of layers whose weights stay as they are. @default [] */
  readonly frozenLayers?: readonly string[];
}

export interface Augmentation {
  /** Augmentations applied to the training split, in order. */
  readonly operations: readonly {
    readonly name: string;
    readonly parameters?: Readonly<Record<string, Json>>;
  }[];
}

export interface Evaluate extends JobOptions {
  readonly task: 'binary-classification' | 'multiclass-classification' | 'regression';
  /**
   * Binary classification: probability from which a sample counts as positive, 0 to 1.
   * @default 0.5
   */
  readonly threshold?: number;
}

/** The machine of a step that names none. */
export const DEFAULT_MACHINE: Required<Pick<MachineRequest, 'accelerator' | 'memoryGiB'>> = {
  accelerator: 'cpu',
  memoryGiB: 8,
};
