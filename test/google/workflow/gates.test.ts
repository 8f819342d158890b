import { decideGate, type GateRule, type GateStep } from '../../../lib/pipeline';
import { execute } from '../../../lib/google/rehearsal/interpreter';
import { gateStates } from '../../../lib/google/workflow/gate-states';
import { checkSource } from '../../../lib/google/workflow/limits';
import { Locations } from '../../../lib/google/workflow/locate';
import { READ_JSON, readJson } from '../../../lib/google/workflow/subworkflows';
import { FakeCloud } from './fake-cloud';

type Measured = Readonly<Record<string, number>>;

const bounds = (min?: number, max?: number): GateRule => ({
  kind: 'bounds',
  metric: 'f1',
  ...(min !== undefined && { min }),
  ...(max !== undefined && { max }),
});

const loss = (maxLoss: number, goal: 'maximize' | 'minimize' = 'maximize'): GateRule => ({
  kind: 'loss',
  metric: 'f1',
  maxLoss,
  goal,
});

const CASES: readonly (readonly [rules: readonly GateRule[], metrics: Measured, baseline?: Measured])[] = [
  [[bounds(0.9)], { f1: 0.9 }],
  [[bounds(0.9)], { f1: 0.8999999 }],
  [[bounds(undefined, 0.1)], { f1: 0.1 }],
  [[bounds(undefined, 0.1)], { f1: 0.11 }],
  [[bounds(-1.5, 2)], { f1: -1.4 }],
  [[bounds(-1.5, 2)], { f1: -1.6 }],
  [[bounds(1e-7, 1e21)], { f1: 2e-7 }],
  [[bounds(1e-7, 1e21)], { f1: 5e-8 }],
  [[bounds(0.9)], {}],
  [[bounds(0.9), { kind: 'bounds', metric: 'recall', min: 0.5 }], { f1: 0.95 }],
  [[bounds(0.9), { kind: 'bounds', metric: 'recall', min: 0.5 }], { f1: 0.95, recall: 0.5 }],
  [[{ kind: 'bounds', metric: 'latency p99 (ms)', max: 5 }], { 'latency p99 (ms)': 6 }],
  [[loss(0.01)], { f1: 0.94 }, { f1: 0.95 }],
  [[loss(0.01)], { f1: 0.9399 }, { f1: 0.95 }],
  [[loss(0)], { f1: 0.95 }, { f1: 0.95 }],
  [[loss(0)], { f1: 0.9499999 }, { f1: 0.95 }],
  [[loss(0.01)], { f1: 0.99 }, { f1: 0.95 }],
  [[loss(0.01, 'minimize')], { f1: 0.11 }, { f1: 0.1 }],
  [[loss(0.01, 'minimize')], { f1: 0.12 }, { f1: 0.1 }],
  [[loss(0.01)], { f1: 0.94 }, { recall: 0.95 }],
  [[loss(0.01)], {}, { f1: 0.95 }],
];

const source = { from: 'store', prefix: 'before/' } as const;

const ROWS = CASES.map(([rules, metrics, baseline]) => ({ rules, metrics, baseline }));

test.each(ROWS)('%j is decided as everywhere', async ({ rules, metrics, baseline }) => {
  const cloud = new FakeCloud();
  cloud.put('now/metrics.json', metrics);
  cloud.put('before/metrics.json', baseline ?? {});
  const gate: GateStep = {
    id: 'gate-it',
    stage: 'training',
    kind: 'gate',
    rules,
    inputs: { metrics: { from: 'store', prefix: 'now/' }, ...(baseline && { baseline: source }) },
    outputs: [],
    next: null,
    onFailure: null,
  };
  const locations = new Locations({ schemaVersion: 1, pipeline: 'p', start: 'gate-it', steps: [gate] });
  const workflow = {
    main: {
      steps: [
        { begin: { assign: [{ failure: null }] } },
        ...gateStates(gate, locations),
        { failed: { raise: '${failure}' } },
      ],
    },
    [READ_JSON]: readJson('bucket'),
  };
  expect(checkSource(workflow, 'workflow')).toEqual([]);
  const { error } = await execute(workflow, { call: cloud.call });
  expect(error === undefined).toBe(decideGate(rules, metrics, baseline).passed);
  if (error !== undefined) expect(error).toMatchObject({ tags: ['GateRejected'] });
});

test('metrics that are not there fail the gate with the cause', async () => {
  const cloud = new FakeCloud();
  const gate: GateStep = {
    id: 'gate',
    stage: 'training',
    kind: 'gate',
    rules: [bounds(0.9)],
    inputs: { metrics: source },
    outputs: [],
    next: null,
    onFailure: null,
  };
  const locations = new Locations({ schemaVersion: 1, pipeline: 'p', start: 'gate', steps: [gate] });
  const { error } = await execute(
    {
      main: {
        steps: [
          { begin: { assign: [{ failure: null }] } },
          ...gateStates(gate, locations),
          { failed: { raise: '${failure}' } },
        ],
      },
      [READ_JSON]: readJson('bucket'),
    },
    { call: cloud.call },
  );
  expect(error).toMatchObject({ code: 404, message: 'no object before/metrics.json' });
});
