/** Why the runtime, or its Node binding, cannot answer a case that is right. */
export const REFUSAL_CAUSES = {
  'no-kernel': 'the runtime has no implementation of an operator for these types on the CPU',
  'operator-unknown': 'the runtime does not have an operator of this name',
  'option-not-implemented': "the runtime's implementation of an operator says that it lacks an option",
  'opset-newer-than-runtime': 'the model is of a newer operator set than the runtime takes',
  'opset-older-than-runtime': 'the model is of an older operator set than the runtime implements',
  'training-domain': 'the operators are of the domain for training, which the runtime leaves out',
  'type-not-carried': 'an input or output is of a type that the Node binding does not carry',
  'locale-missing': 'this machine lacks the locale that an operator asks for',
  random: 'the answer depends on random numbers that ONNX leaves to the runtime',
} as const;

export type RefusalCause = keyof typeof REFUSAL_CAUSES;

export type CaseResult = PassedCase | RefusedCase | FailedCase;

export interface PassedCase {
  readonly name: string;
  readonly verdict: 'passed';
}

export interface RefusedCase {
  readonly name: string;
  readonly verdict: 'refused';
  readonly cause: RefusalCause;
  /** What shows it: the runtime's own words where it has any. */
  readonly detail: string;
}

export interface FailedCase {
  readonly name: string;
  readonly verdict: 'failed';
  /** `difference`, or the code of the issue: `model-load`, `model-run`, `model-abort` … */
  readonly cause: string;
  readonly detail: string;
}

export interface ConformanceReport {
  /** Version of onnxruntime-node. */
  readonly runtime: string;
  readonly total: number;
  readonly passed: number;
  /** Cases by cause, most frequent first. */
  readonly refused: Readonly<Partial<Record<RefusalCause, number>>>;
  readonly failed: Readonly<Record<string, number>>;
  readonly seconds: number;
  /** In the order of their directories. */
  readonly cases: readonly CaseResult[];
}

/** Share of the cases that passed or were refused for a cause, 0 to 1. */
export function accounted({ total, failed }: ConformanceReport): number {
  return 1 - Object.values(failed).reduce((sum, count) => sum + count, 0) / total;
}
