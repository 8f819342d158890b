import type { JobOptions, Json, MetricLoss } from './common';

/** Stage 2: a smaller or faster model, each step judged by what it costs in quality. */
export interface Optimization {
  /** @default - no pruning */
  readonly prune?: Prune;
  /** @default - no distillation */
  readonly distill?: Distill;
  /** @default - no quantisation */
  readonly quantize?: Quantize;
}

/** What every optimisation step has: its gate, and what happens when the gate rejects it. */
export interface OptimizationStep extends JobOptions {
  /** Largest loss per metric, against the model before this step. */
  readonly gate: Readonly<Record<string, MetricLoss>>;
  /**
   * `keep-previous`: the model before this step goes on. `stop`: the run ends as failed.
   * @default "keep-previous"
   */
  readonly onRejected?: 'keep-previous' | 'stop';
}

export interface Quantize extends OptimizationStep {
  readonly precision: 'int8';
  /**
   * `dynamic`: weights ahead of time, activations at run time. `static`: both ahead of time, from
   * samples of the training split.
   * @default "dynamic"
   */
  readonly method?: 'dynamic' | 'static';
}

export interface Prune extends OptimizationStep {
  /** Share of the weights to remove, above 0 and below 1. */
  readonly sparsity: number;
  /**
   * `unstructured` sets single weights to 0. `structured` removes whole units: channels, rows, hidden
   * states; the file shrinks where the next layer of an `nn.Sequential` can follow and `load` takes
   * layer sizes from the file.
   * @default "structured"
   */
  readonly kind?: 'unstructured' | 'structured';
  /**
   * Hyperparameters of a training that starts from the pruned weights; `train` must take `start_dir`.
   * @default - the pruned model is not trained again
   */
  readonly fineTune?: Readonly<Record<string, Json>>;
}

export interface Distill extends OptimizationStep {
  /**
   * Python file of the student, relative to `source`, with `train(data_dir, model_dir, hyperparameters)`
   * and `load(model_dir)`. `data_dir/teacher.safetensors` has the teacher's answers to the training split:
   * a tensor for each output, a row for each line of `train.jsonl`.
   */
  readonly entry: string;
  /** @default {} */
  readonly hyperparameters?: Readonly<Record<string, Json>>;
}
