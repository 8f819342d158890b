import { createHandler } from '../../../lib/aws/functions/gate';
import { Emulator } from './emulator';

let emulator: Emulator;

beforeAll(async () => {
  emulator = await Emulator.start();
  await emulator.put('good/metrics.json', '{"accuracy":0.97,"f1":0.95}\n');
  await emulator.put('worse/metrics.json', '{"accuracy":0.91,"f1":0.9}\n');
  await emulator.put('broken/metrics.json', 'accuracy: 0.97\n');
}, 60_000);

afterAll(() => emulator.stop());

test('a model within its bounds passes', async () => {
  const verdict = await createHandler(emulator.s3)({
    rules: [{ kind: 'bounds', metric: 'accuracy', min: 0.95 }],
    metrics: 's3://artifacts/good/',
  });

  expect(verdict).toEqual({
    passed: true,
    checks: [{ metric: 'accuracy', passed: true, message: 'accuracy 0.97 (≥ 0.95)' }],
  });
});

test('a model out of its bounds is rejected, not an error', async () => {
  const verdict = await createHandler(emulator.s3)({
    rules: [{ kind: 'bounds', metric: 'accuracy', min: 0.95 }],
    metrics: 's3://artifacts/worse/',
  });

  expect(verdict).toEqual({
    passed: false,
    checks: [{ metric: 'accuracy', passed: false, message: 'accuracy 0.91 is below the minimum 0.95' }],
  });
});

test('a loss is measured against the baseline', async () => {
  const verdict = await createHandler(emulator.s3)({
    rules: [{ kind: 'loss', metric: 'f1', maxLoss: 0.01, goal: 'maximize' }],
    metrics: 's3://artifacts/worse/',
    baseline: 's3://artifacts/good/',
  });

  expect(verdict.checks).toEqual([
    {
      metric: 'f1',
      passed: false,
      message: 'f1 went from 0.95 to 0.9, a loss of 0.05; at most 0.01 is allowed',
    },
  ]);
});

test('metrics that are not there end in one readable line', async () => {
  const decision = createHandler(emulator.s3)({ rules: [], metrics: 's3://artifacts/none' });

  await expect(decision).rejects.toMatchObject({
    name: 'metrics-unreadable',
    message: 's3://artifacts/none/metrics.json: does not exist (fix: run the step that measures again)',
  });
});

test('metrics that are not JSON are named', async () => {
  const decision = createHandler(emulator.s3)({ rules: [], metrics: 's3://artifacts/broken/' });

  await expect(decision).rejects.toMatchObject({
    name: 'metrics-unreadable',
    message: expect.stringMatching(/^s3:\/\/artifacts\/broken\/metrics\.json: is not JSON: /) as string,
  });
});
