import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { RuntimePool, type ModelProcess, type RuntimePoolOptions } from '../../lib/artifact';
import { float32, modelFile } from './support';

jest.setTimeout(30_000);

const x = float32([1, 2], [1, 2]);
const pools: RuntimePool[] = [];

afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.close()));
  expect(children()).toEqual([]);
});

function poolOf(options: RuntimePoolOptions): RuntimePool {
  const pool = new RuntimePool(options);
  pools.push(pool);
  return pool;
}

/** Process ids of this process's children. */
function children(): string[] {
  const task = `/proc/${process.pid}/task/${process.pid}/children`;
  return readFileSync(task, 'utf8').split(' ').filter(Boolean);
}

/** Runs a model and gives its process back. */
async function runOnce(pool: RuntimePool, name: string): Promise<readonly unknown[]> {
  const model = await pool.start(modelFile(name), { runTimeoutMs: 300 });
  try {
    return [...((await model.run({ x })).y?.data ?? [])];
  } finally {
    await model.stop();
  }
}

test('one process runs many models', async () => {
  const pool = poolOf({ size: 1 });
  expect(await runOnce(pool, 'identity')).toEqual([1, 2]);
  const before = children();
  expect(before).toHaveLength(1);
  expect(await runOnce(pool, 'fixed-batch')).toHaveLength(2);
  await expect(runOnce(pool, 'ir-14')).rejects.toThrow('[model-load]');
  expect(await runOnce(pool, 'identity')).toEqual([1, 2]);
  expect(children()).toEqual(before);
});

test('a process that aborts leaves no core dump', async () => {
  await poolOf({ size: 1 }).start(modelFile('identity'));
  const limits = readFileSync(`/proc/${children()[0] ?? ''}/limits`, 'utf8');
  expect(limits).toMatch(/Max core file size +0 +0 /);
});

test('as many models run at once as there are processes; the next one waits for its turn', async () => {
  const pool = poolOf({ size: 2 });
  const models = await Promise.all([1, 2].map(() => pool.start(modelFile('identity'))));
  let third: ModelProcess | undefined;
  const waiting = pool.start(modelFile('identity')).then((model) => (third = model));
  await sleep(200);
  expect(third).toBeUndefined();
  expect(children()).toHaveLength(2);
  await models[0]?.stop();
  await waiting;
  expect([...((await third?.run({ x }))?.y?.data ?? [])]).toEqual([1, 2]);
  expect(children()).toHaveLength(2);
});

test('a model that was given back does not run, whatever runs in its process', async () => {
  const pool = poolOf({ size: 1 });
  const first = await pool.start(modelFile('identity'));
  await first.stop();
  await pool.start(modelFile('fixed-batch'));
  expect(first.gone).toBe(true);
  await expect(first.run({ x })).rejects.toThrow('its process was stopped [model-stopped]');
});

test.each([
  ['endless-loop', '[model-timeout]'],
  ['int4-output', '[model-abort]'],
])('the process that %s ended is replaced', async (name, code) => {
  const pool = poolOf({ size: 1 });
  await expect(runOnce(pool, name)).rejects.toThrow(code);
  expect(children()).toEqual([]);
  expect(await runOnce(pool, 'identity')).toEqual([1, 2]);
});

test('a process that ended while it was idle is replaced', async () => {
  const pool = poolOf({ size: 1 });
  await runOnce(pool, 'identity');
  process.kill(Number(children()[0]), 'SIGKILL');
  await sleep(200);
  expect(await runOnce(pool, 'identity')).toEqual([1, 2]);
});

test('a process that keeps more than half of its memory is replaced', async () => {
  // Node with onnxruntime alone has about 80 MiB.
  const pool = poolOf({ size: 1, memoryMiB: 150 });
  await runOnce(pool, 'identity');
  expect(children()).toEqual([]);
});

test('an aborted signal ends what runs and what waits with its reason', async () => {
  const controller = new AbortController();
  const pool = poolOf({ size: 1, signal: controller.signal });
  const model = await pool.start(modelFile('endless-loop'));
  const run = model.run({ x });
  const waiting = pool.start(modelFile('identity'));
  controller.abort(new Error('enough'));
  await expect(run).rejects.toThrow('enough');
  await model.stop();
  await expect(waiting).rejects.toThrow('enough');
  await expect(pool.start(modelFile('identity'))).rejects.toThrow('enough');
});

test('a closed pool refuses what waits and what comes, and ends what runs', async () => {
  const pool = poolOf({ size: 1 });
  const model = await pool.start(modelFile('identity'));
  const waiting = pool.start(modelFile('identity'));
  await Promise.all([pool.close(), expect(waiting).rejects.toThrow('the pool of model processes is closed')]);
  await expect(pool.start(modelFile('identity'))).rejects.toThrow('[model-stopped]');
  await expect(model.run({ x })).rejects.toThrow('its process was stopped [model-stopped]');
  await model.stop();
});

test('by default there is a process for each processor', () => {
  expect(poolOf({}).size).toBeGreaterThan(0);
});
