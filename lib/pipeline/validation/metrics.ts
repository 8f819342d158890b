import type { Evaluate } from '../definition';

interface Range {
  readonly min: number;
  readonly max: number;
}

const SHARE: Range = { min: 0, max: 1 };
const POSITIVE: Range = { min: 0, max: Infinity };

const CLASSIFICATION: Readonly<Record<string, Range>> = {
  accuracy: SHARE,
  precision: SHARE,
  recall: SHARE,
  f1: SHARE,
  log_loss: POSITIVE,
};

/** What `evaluate` measures for a task (scikit-learn's names), and the values it can take. Text generation is measured by the user's own. */
export const METRICS: Readonly<Partial<Record<Evaluate['task'], Readonly<Record<string, Range>>>>> = {
  'binary-classification': { ...CLASSIFICATION, roc_auc: SHARE },
  'multiclass-classification': CLASSIFICATION,
  regression: { mse: POSITIVE, rmse: POSITIVE, mae: POSITIVE, r2: { min: -Infinity, max: 1 } },
};
