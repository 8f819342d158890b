import { decideGate, type GateRule } from '../../lib/pipeline';

const loss = (maxLoss: number, goal: 'maximize' | 'minimize' = 'maximize'): GateRule => ({
  kind: 'loss',
  metric: 'f1',
  maxLoss,
  goal,
});

test('a metric inside its bounds passes, the bounds themselves included', () => {
  expect(decideGate([{ kind: 'bounds', metric: 'f1', min: 0.9, max: 1 }], { f1: 0.9 })).toEqual({
    passed: true,
    checks: [{ metric: 'f1', passed: true, message: 'f1 0.9 (≥ 0.9, ≤ 1)' }],
  });
});

test.each([
  [{ kind: 'bounds', metric: 'f1', min: 0.9 }, { f1: 0.89 }, {}, 'f1 0.89 is below the minimum 0.9'],
  [{ kind: 'bounds', metric: 'mse', max: 2 }, { mse: 2.5 }, {}, 'mse 2.5 is above the maximum 2'],
  [{ kind: 'bounds', metric: 'f1', min: 0 }, { accuracy: 1 }, {}, 'f1 was not measured; measured: accuracy'],
  [{ kind: 'bounds', metric: 'f1', min: 0 }, { f1: NaN }, {}, 'f1 was not measured; measured: f1'],
  [
    loss(0.01),
    { f1: 0.9 },
    { f1: 0.95 },
    'f1 went from 0.95 to 0.9, a loss of 0.05; at most 0.01 is allowed',
  ],
  [
    loss(0.01, 'minimize'),
    { f1: 0.5 },
    { f1: 0.4 },
    'f1 went from 0.4 to 0.5, a loss of 0.1; at most 0.01 is allowed',
  ],
  [loss(0.01), { f1: 0.9 }, {}, 'f1 was not measured before this step'],
] as [GateRule, Record<string, number>, Record<string, number>, string][])(
  '%j fails %j',
  (rule, metrics, baseline, message) => {
    expect(decideGate([rule], metrics, baseline)).toEqual({
      passed: false,
      checks: [{ metric: rule.metric, passed: false, message }],
    });
  },
);

test('a loss of exactly the allowed amount passes in spite of floating point', () => {
  expect(decideGate([loss(0.01)], { f1: 0.94 }, { f1: 0.95 }).passed).toBe(true);
});

test('an improvement is no loss', () => {
  expect(decideGate([loss(0)], { f1: 0.96 }, { f1: 0.95 }).passed).toBe(true);
});

test('one failed rule fails the gate, and every rule is reported', () => {
  const verdict = decideGate(
    [
      { kind: 'bounds', metric: 'a', min: 1 },
      { kind: 'bounds', metric: 'b', min: 1 },
    ],
    { a: 0, b: 1 },
  );
  expect(verdict.passed).toBe(false);
  expect(verdict.checks.map(({ passed }) => passed)).toEqual([false, true]);
});
