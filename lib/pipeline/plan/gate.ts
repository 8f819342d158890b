import type { GateRule } from './plan';

export interface GateCheck {
  readonly metric: string;
  readonly passed: boolean;
  /** What happened, in a sentence: `accuracy 0.91 is below the minimum 0.95`. */
  readonly message: string;
}

export interface GateVerdict {
  readonly passed: boolean;
  readonly checks: readonly GateCheck[];
}

type Measured = Readonly<Record<string, number>>;

/**
 * Holds metrics against rules. A metric that was not measured fails its rule.
 *
 * @param baseline metrics before the step that is judged; needed by rules of kind `loss`.
 */
export function decideGate(
  rules: readonly GateRule[],
  metrics: Measured,
  baseline: Measured = {},
): GateVerdict {
  const checks = rules.map((rule) => {
    const value = metrics[rule.metric];
    if (value === undefined || !Number.isFinite(value)) {
      return failed(
        rule,
        `${rule.metric} was not measured; measured: ${Object.keys(metrics).sort().join(', ') || 'nothing'}`,
      );
    }
    return rule.kind === 'bounds' ? checkBounds(rule, value) : checkLoss(rule, value, baseline[rule.metric]);
  });
  return { passed: checks.every(({ passed }) => passed), checks };
}

function checkBounds(rule: GateRule & { kind: 'bounds' }, value: number): GateCheck {
  const { metric, min, max } = rule;
  if (min !== undefined && value < min) {
    return failed(rule, `${metric} ${format(value)} is below the minimum ${format(min)}`);
  }
  if (max !== undefined && value > max) {
    return failed(rule, `${metric} ${format(value)} is above the maximum ${format(max)}`);
  }
  const bounds = [min !== undefined && `≥ ${format(min)}`, max !== undefined && `≤ ${format(max)}`];
  return passed(rule, `${metric} ${format(value)} (${bounds.filter(Boolean).join(', ')})`);
}

function checkLoss(rule: GateRule & { kind: 'loss' }, value: number, before: number | undefined): GateCheck {
  if (before === undefined) return failed(rule, `${rule.metric} was not measured before this step`);
  const loss = rule.goal === 'maximize' ? before - value : value - before;
  const change = `${rule.metric} went from ${format(before)} to ${format(value)}`;
  // Floating-point noise of a subtraction must not decide: 0.95 − 0.94 is 0.010000000000000009.
  return loss > rule.maxLoss + 1e-12
    ? failed(rule, `${change}, a loss of ${format(loss)}; at most ${format(rule.maxLoss)} is allowed`)
    : passed(rule, `${change} (loss ≤ ${format(rule.maxLoss)})`);
}

const passed = ({ metric }: GateRule, message: string): GateCheck => ({ metric, passed: true, message });
const failed = ({ metric }: GateRule, message: string): GateCheck => ({ metric, passed: false, message });

/** Six significant digits, without trailing zeros. */
function format(value: number): string {
  return String(Number(value.toPrecision(6)));
}
