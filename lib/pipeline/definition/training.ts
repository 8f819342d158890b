import type { JobOptions, Json, MachineRequest, MetricBounds } from './common';

/** Stage 1: from raw data to a trained, exported, evaluated model that passed its gate. */
export interface Training {
  /**
   * What `load(model_dir)` in the file of `train` returns: a `torch.nn.Module`, or a `keras.Model` on
   * TensorFlow. Distribution and pruning are for PyTorch; TensorFlow exports opsets up to 18.
   */
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
   * Interruptible capacity at a lower price. Needs `checkpoints`.
   * @default "on-demand"
   */
  readonly capacity?: 'on-demand' | 'spot';
  /**
   * Spot capacity: minutes to wait for machines and to train, together; at least `timeoutMinutes`.
   * @default - twice `timeoutMinutes`
   */
  readonly maxWaitMinutes?: number;
  /**
   * `train` takes a `checkpoint_dir`, saves its state there, and goes on from what it finds there: what
   * a try that was interrupted has saved.
   * @default false
   */
  readonly checkpoints?: boolean;
  /**
   * Machines to train on, in this order, where `machine` has no capacity. All of them have accelerators,
   * or none.
   * @default [] - the same machine is tried again
   */
  readonly fallbackMachines?: readonly MachineRequest[];
  /**
   * Minutes for which machines are kept after a run, at their price, so that the next one starts at once:
   * 1 to 60. Not of spot capacity, nor in a tuning.
   * @default - none are kept
   */
  readonly warmPoolMinutes?: number;
}

export interface Tuning {
  /** Metric that `train` returns, to improve. */
  readonly objective: string;
  readonly goal: 'maximize' | 'minimize';
  /** Hyperparameters to search. At most 30. */
  readonly ranges: Readonly<Record<string, TuningRange>>;
  /** Training runs in all. */
  readonly trials: number;
  /** Training runs at a time. @default 1 */
  readonly parallelTrials?: number;
  /**
   * Stop trials that will not win, by the objective that they tell while they train:
   * `progress(message, metrics={...})`.
   * @default "off"
   */
  readonly earlyStopping?: 'auto' | 'off';
  /** @default - the search knows nothing of earlier ones */
  readonly warmStart?: WarmStart;
}

/** Earlier searches that a search learns from. */
export interface WarmStart {
  /** Names of finished tuning jobs of the cloud: 1 to 5. */
  readonly jobs: readonly string[];
  /**
   * Whether their data and code are these: then the best of their models counts as well.
   * @default false
   */
  readonly sameDataAndCode?: boolean;
}

export type TuningRange =
  | {
      readonly kind: 'continuous' | 'integer';
      readonly min: number;
      readonly max: number;
      /** `log` searches orders of magnitude alike, and needs a min above 0. @default "linear" */
      readonly scale?: 'linear' | 'log';
    }
  | { readonly kind: 'categorical'; readonly values: readonly string[] };

/** Training as one process per accelerator, or one per machine without. `train` uses `model_pipeline.distributed`. */
export interface Distribution {
  /** `data-parallel`: every process holds the model. `model-parallel`: the processes share it. */
  readonly strategy: 'data-parallel' | 'model-parallel';
  /** Machines of `train.machine`'s kind. @default 1 */
  readonly machines?: number;
}

/** `train` takes the start weights' directory as `start_dir`. */
export interface TransferLearning {
  readonly from: StartWeights;
  /** Names of layers whose weights stay as they are; `train` takes them as `frozen_layers`. @default [] */
  readonly frozenLayers?: readonly string[];
}

/** Where start weights come from. None of their files is a pickle. */
export type StartWeights =
  /** A version of this pipeline's registry: the weights as `train` wrote them. */
  | { readonly version: string }
  /** A directory of the artifact store: `pretrained/mails`. */
  | { readonly prefix: string }
  /**
   * A snapshot of a repository of Hugging Face, mirrored in the artifact store as
   * `pretrained/<repository>/<revision>/`. `revision` is a commit: 40 of 0–9 and a–f.
   */
  | { readonly huggingFace: { readonly repository: string; readonly revision: string } };

/** Changed copies of the training split's samples, by `augment(input, seed, parameters) -> input`. */
export interface Augmentation {
  /** Copies of each sample, 1 to 100. @default 1 */
  readonly copies?: number;
  /** Passed to `augment` in the file of `preprocess`. @default {} */
  readonly parameters?: Readonly<Record<string, Json>>;
}

export interface Evaluate extends JobOptions {
  /** `text-generation`: `evaluate` in `entry` measures a language model, and the gate bounds what it returns. */
  readonly task: 'binary-classification' | 'multiclass-classification' | 'regression' | 'text-generation';
  /** Python file with `evaluate(model_dir, data_dir, parameters) -> metrics`; for text generation alone. @default "evaluate.py" */
  readonly entry?: string;
  /** Passed to `evaluate`; for text generation alone. @default {} */
  readonly parameters?: Readonly<Record<string, Json>>;
  /**
   * Binary classification: probability from which a sample counts as positive, 0 to 1.
   * @default 0.5
   */
  readonly threshold?: number;
}

/** Minutes after which a step that names none is stopped. */
export const DEFAULT_TIMEOUT_MINUTES = 60;

/** The machine of a step that names none. */
export const DEFAULT_MACHINE: Required<Pick<MachineRequest, 'accelerator' | 'memoryGiB'>> = {
  accelerator: 'cpu',
  memoryGiB: 8,
};
