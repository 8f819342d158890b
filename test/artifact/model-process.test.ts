import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ModelProcess, type Tensor } from '../../lib/artifact';
import { IssueError } from '../../lib/issue';
import { bytesOf, model, node, TYPES, value } from './onnx-builder';
import { float32, modelFile, SPAM_FILTER, temporaryDirectory } from './support';

jest.setTimeout(30_000);

const running: ModelProcess[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((process) => process.stop()));
});

async function start(...parameters: Parameters<typeof ModelProcess.start>): Promise<ModelProcess> {
  const process = await ModelProcess.start(...parameters);
  running.push(process);
  return process;
}

const x = float32([1, 2], [1, NaN]);

test('tells inputs and outputs, and answers', async () => {
  const process = await start(join(SPAM_FILTER, 'model.onnx'));
  expect(process.inputs).toEqual({ tokens: { dtype: 'int64', shape: ['batch', 256] } });
  expect(process.outputs).toEqual({ probability: { dtype: 'float32', shape: ['batch', 1] } });
  const tokens: Tensor = { dtype: 'int64', shape: [2, 256], data: new BigInt64Array(512) };
  const { probability } = await process.run({ tokens });
  expect(probability?.shape).toEqual([2, 1]);
  expect(probability?.data[0]).toBeCloseTo(0.5312, 4);
});

test('every element type goes through unchanged', async () => {
  const process = await start(modelFile('types'), { threads: 1 });
  const feeds: Record<string, Tensor> = {
    float16: { dtype: 'float16', shape: [2], data: Uint16Array.of(0x3c00, 0x7c01) },
    float32: { dtype: 'float32', shape: [2], data: Float32Array.of(0.1, -Infinity) },
    float64: { dtype: 'float64', shape: [2], data: Float64Array.of(0.1, NaN) },
    int8: { dtype: 'int8', shape: [2], data: Int8Array.of(-128, 127) },
    int16: { dtype: 'int16', shape: [2], data: Int16Array.of(-32768, 32767) },
    int32: { dtype: 'int32', shape: [2], data: Int32Array.of(-1, 2 ** 31 - 1) },
    int64: { dtype: 'int64', shape: [2], data: BigInt64Array.of(-(2n ** 63n), 2n ** 63n - 1n) },
    uint8: { dtype: 'uint8', shape: [2], data: Uint8Array.of(0, 255) },
    bool: { dtype: 'bool', shape: [2], data: Uint8Array.of(0, 1) },
    string: { dtype: 'string', shape: [2], data: ['é🙂', ''] },
  };
  const outputs = await process.run(feeds);
  for (const [name, { dtype, data }] of Object.entries(feeds)) {
    const answer = outputs[`${name}_out`];
    expect([name, answer?.dtype, ...(answer?.data ?? [])]).toEqual([name, dtype, ...data]);
  }
});

test('a model that does not end is killed in its time, and the process is gone', async () => {
  const process = await start(modelFile('endless-loop'), { runTimeoutMs: 300 });
  const before = Date.now();
  await expect(process.run({ x })).rejects.toThrow(
    'did not run within 300 ms, and its process was stopped [model-timeout]',
  );
  expect(Date.now() - before).toBeLessThan(1500);
  expect(process.gone).toBe(true);
  await expect(process.run({ x })).rejects.toThrow('[model-timeout]');
});

test('a start that takes too long is killed', async () => {
  await expect(ModelProcess.start(modelFile('identity'), { startTimeoutMs: 1 })).rejects.toThrow(
    'did not load within 1 ms, and its process was stopped [model-timeout]',
  );
});

test('a model that aborts the runtime is an error that repeats its last words', async () => {
  const process = await start(modelFile('int4-output'));
  const failure: unknown = await process.run({ x }).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(IssueError);
  expect((failure as IssueError).issues).toEqual([
    {
      code: 'model-abort',
      path: modelFile('int4-output'),
      message:
        'ended its process (SIGABRT) when asked to run: FATAL ERROR: v8::ArrayBuffer::New Allocation failed - process out of memory',
      fix: 'export the model again without the operators or element types the runtime cannot handle',
    },
  ]);
  expect(process.gone).toBe(true);
});

describe('memory', () => {
  /** A model that fills `count` float32 elements. */
  const bomb = () => {
    const file = join(temporaryDirectory(), 'bomb.onnx');
    const nodes = [node('ConstantOfShape', ['count'], ['c']), node('ReduceSum', ['c'], ['y'])];
    const inputs = [value('count', [1], TYPES.int64)];
    writeFileSync(file, bytesOf(model({ nodes, inputs, outputs: [value('y', [1])] })));
    return file;
  };
  const count = (elements: number): Record<string, Tensor> => ({
    count: { dtype: 'int64', shape: [1], data: BigInt64Array.of(BigInt(elements)) },
  });

  test('a model that takes more than it may is killed, and the process is gone', async () => {
    const file = bomb();
    const process = await start(file, { memoryMiB: 300 });
    const failure: unknown = await process.run(count(1.2e8)).catch((error: unknown) => error);
    expect((failure as IssueError).issues[0]).toMatchObject({ code: 'model-memory', path: file });
    expect((failure as IssueError).message).toMatch(
      /used \d+ MiB when asked to run, allowed: 300; its process was stopped/,
    );
    expect(process.gone).toBe(true);
  });

  test('so it is where the kernel sets no limit', async () => {
    const path = globalThis.process.env.PATH;
    globalThis.process.env.PATH = '';
    try {
      const process = await start(bomb(), { memoryMiB: 300 });
      await expect(process.run(count(5e8))).rejects.toThrow('allowed: 300; its process was stopped');
    } finally {
      globalThis.process.env.PATH = path;
    }
  });

  test('far more than it may take is refused before it is taken', async () => {
    const process = await start(bomb(), { memoryMiB: 300 });
    await expect(process.run(count(5e8))).rejects.toThrow(
      'Failed to allocate memory for requested buffer of size 2000000000 [model-memory]',
    );
    expect(process.gone).toBe(true);
  });

  test('the most it has taken so far is told', async () => {
    const ours = Buffer.alloc(400e6, 1);
    const process = await start(bomb());
    const loaded = process.peakMemoryBytes;
    expect(loaded).toBeGreaterThan(30e6);
    expect(loaded).toBeLessThan(ours.length);
    await process.run(count(5e7));
    expect(process.peakMemoryBytes).toBeGreaterThan(loaded + 150e6);
  });
});

describe('an aborted signal', () => {
  test('ends a run with its reason', async () => {
    const controller = new AbortController();
    const process = await start(modelFile('endless-loop'), { signal: controller.signal });
    const run = process.run({ x });
    controller.abort(new Error('enough'));
    await expect(run).rejects.toThrow('enough');
    expect(process.gone).toBe(true);
  });

  test('starts nothing', async () => {
    const options = { signal: AbortSignal.abort(new Error('enough')) };
    await expect(ModelProcess.start(modelFile('identity'), options)).rejects.toThrow('enough');
  });
});

test('a file that does not load is an error', async () => {
  await expect(ModelProcess.start(modelFile('ir-14'))).rejects.toThrow(
    'Unsupported model IR version: 14, max supported IR version: 13 [model-load]',
  );
  await expect(ModelProcess.start('/nowhere.onnx')).rejects.toThrow('/nowhere.onnx');
});

test('a run that fails leaves the process alive', async () => {
  const process = await start(modelFile('identity'));
  await expect(process.run({})).rejects.toThrow("input 'x' is missing in 'feeds'. [model-run]");
  await expect(
    process.run({ x: { dtype: 'int8', shape: [1, 2], data: Int8Array.of(1, 2) } }),
  ).rejects.toThrow('Unexpected input data type');
  expect([...((await process.run({ x })).y?.data ?? [])]).toEqual([1, NaN]);
});

test('calls at the same time are answered one after the other', async () => {
  const process = await start(modelFile('identity'));
  const runs = [1, 2, 3].map((value) => process.run({ x: float32([1, 2], [value, value]) }));
  expect((await Promise.all(runs)).map(({ y }) => y?.data[0])).toEqual([1, 2, 3]);
});

test('a stopped process refuses to run, and stops twice without harm', async () => {
  const process = await start(modelFile('identity'));
  await process.stop();
  await process.stop();
  await expect(process.run({ x })).rejects.toThrow('its process was stopped [model-stopped]');
});

describe('the processes of a program that runs a model', () => {
  /** A program in a process group of its own, as a shell starts it. */
  async function startProgram(model: string): Promise<ChildProcess> {
    const script = join(__dirname, 'run-on-interrupt.ts');
    const program = spawn(process.execPath, ['--import', 'tsx', script, modelFile(model)], {
      detached: true,
    });
    await said(program, 'ready');
    return program;
  }

  const said = (program: ChildProcess, word: string) =>
    new Promise<void>((resolve) => {
      program.stdout?.on('data', (data: Buffer) => {
        if (data.toString().includes(word)) resolve();
      });
    });

  const interrupt = (program: ChildProcess) => process.kill(-(program.pid ?? 0), 'SIGINT');

  test('Ctrl-C, which reaches them all, does not take the model from a program that goes on', async () => {
    const program = await startProgram('identity');
    const answered = said(program, 'answered');
    interrupt(program);
    await answered;
  });

  test('a model that runs for ever ends with the program, however that ends', async () => {
    const program = await startProgram('endless-loop');
    const pid = String(program.pid);
    const children = readFileSync(join('/proc', pid, 'task', pid, 'children'), 'utf8')
      .trim()
      .split(' ')
      .map(Number);
    expect(children).toHaveLength(1);
    const running = said(program, 'running');
    interrupt(program);
    await running;
    // Until the child is in its endless run, and deaf.
    await sleep(500);
    program.kill('SIGKILL');
    const isAlive = () => {
      try {
        return process.kill(children[0] ?? 0, 0);
      } catch {
        return false;
      }
    };
    for (let wait = 0; wait < 50 && isAlive(); wait += 1) await sleep(100);
    expect(isAlive()).toBe(false);
  });
});
