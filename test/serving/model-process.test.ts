import { appendFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import type { ServerOptions } from '../../lib/serving';
import { copyOf, killModelProcess, modelProcesses, post, start, until, type Running } from './support';
import { counts, makeSlowVersion } from './slow-version';

interface Totals {
  readonly outputs: readonly { readonly data: readonly number[] }[];
}

/** Turns of the model's loop: no wait, a moment, longer than any test. */
const [INSTANT, MOMENT, ENDLESS] = [1, 500_000, 1e12];

jest.setTimeout(30_000);

/** Long enough for a request to have reached the model. */
const reaches = () => new Promise((resolve) => setTimeout(resolve, 500));

describe('the model process', () => {
  let version: string;
  let running: Running | undefined;
  beforeAll(async () => {
    version = await makeSlowVersion();
  });
  afterEach(async () => {
    await running?.server.close();
    running = undefined;
  });

  const serve = async (options: ServerOptions = {}, directory = version): Promise<Running> => {
    running = await start(directory, options);
    return running;
  };
  const invoke = ({ url }: Running, ...values: number[]) => post(`${url}/invocations`, counts(...values));
  const totals = async (response: Response) => ((await response.json()) as Totals).outputs[0]?.data;
  const ping = async ({ url }: Running) => (await fetch(`${url}/ping`)).status;

  it('gives each of many requests at once its own answer', async () => {
    const server = await serve();
    const values = Array.from({ length: 60 }, (_, index) => [index, 2 * index, 7].slice(0, 1 + (index % 3)));
    const answers = await Promise.all(values.map(async (rows) => totals(await invoke(server, ...rows))));
    expect(answers).toEqual(values);
  });

  it('runs requests alone where it is told to', async () => {
    const server = await serve({ maxBatch: 1 });
    const values = Array.from({ length: 20 }, (_, index) => index);
    const answers = await Promise.all(values.map(async (value) => totals(await invoke(server, value))));
    expect(answers).toEqual(values.map((value) => [value]));
  });

  it('refuses what the queue cannot hold with 503 and when to come back', async () => {
    const server = await serve({ maxQueue: 2, maxBatch: 1 });
    const responses = await Promise.all(Array.from({ length: 6 }, () => invoke(server, MOMENT)));
    expect(responses.map(({ status }) => status).sort()).toEqual([200, 200, 200, 503, 503, 503]);
    const refused = responses.find(({ status }) => status === 503);
    expect(refused?.headers.get('retry-after')).toBe('1');
    expect(await refused?.json()).toMatchObject({ error: '2 requests are waiting for the model' });
  });

  it('answers 504 to a run over the time limit, replaces the process and answers the next', async () => {
    const server = await serve({ timeoutMs: 1500 });
    const [before] = modelProcesses();
    const response = await invoke(server, ENDLESS);
    expect(response.status).toBe(504);
    expect(await response.json()).toMatchObject({ error: 'no answer within 1500 ms' });
    await until(async () => (await ping(server)) === 200);
    expect(await totals(await invoke(server, INSTANT))).toEqual([INSTANT]);
    expect(modelProcesses()).not.toContain(before);
    expect(server.events).toContainEqual({ event: 'model-down', cause: 'its process ended' });
    expect(server.events).toContainEqual({ event: 'model-up' });
  });

  it('answers 504 to a request that only waited, without running it', async () => {
    const server = await serve({ timeoutMs: 1500, maxBatch: 1 });
    const endless = invoke(server, ENDLESS);
    const waiting = invoke(server, INSTANT);
    expect([(await endless).status, (await waiting).status]).toEqual([504, 504]);
  });

  it('is replaced when it dies idle: /ping is 503 until it is back', async () => {
    const server = await serve();
    killModelProcess();
    await until(async () => (await ping(server)) === 503);
    await until(async () => (await ping(server)) === 200);
    expect(await totals(await invoke(server, INSTANT))).toEqual([INSTANT]);
    expect(server.events.map(({ event }) => event)).toEqual(['model-down', 'model-up', 'request']);
  });

  it('answers 500 to the request it died over, and the waiting ones from the next process', async () => {
    const server = await serve({ maxBatch: 1 });
    const fatal = invoke(server, ENDLESS);
    await reaches();
    const waiting = [invoke(server, 5), invoke(server, 6)];
    await reaches();
    killModelProcess();
    const response = await fatal;
    expect([response.status, ((await response.json()) as { error: string }).error]).toEqual([
      500,
      'the server failed to answer',
    ]);
    expect(await Promise.all(waiting.map(async (reply) => totals(await reply)))).toEqual([[5], [6]]);
    const failed = server.events.find((event) => event.event === 'request' && event.status === 500);
    expect(failed).toMatchObject({
      cause: expect.stringMatching(
        /model\.onnx: ended its process \(SIGKILL\) when asked to run.*$/,
      ) as string,
    });
  });

  it('runs what died together again one by one: only the guilty request fails', async () => {
    const server = await serve();
    const first = invoke(server, MOMENT);
    await reaches();
    const together = [invoke(server, ENDLESS), invoke(server, 8), invoke(server, 9)];
    await first;
    await reaches();
    killModelProcess();
    await until(() => server.events.some(({ event }) => event === 'model-up'));
    await reaches();
    killModelProcess();
    const responses = await Promise.all(together);
    expect(responses.map(({ status }) => status)).toEqual([500, 200, 200]);
  });

  it('does not load changed bytes again: /ping stays 503 until they are back', async () => {
    const directory = copyOf(version);
    const model = join(directory, 'model.onnx');
    const server = await serve({}, directory);
    renameSync(model, `${model}.kept`);
    appendFileSync(model, 'other bytes');
    killModelProcess();
    await until(async () => {
      await ping(server);
      return server.events.filter(({ event }) => event === 'model-down').length === 2;
    });
    expect(server.events.at(-1)).toMatchObject({
      cause: expect.stringContaining('model.onnx: has the SHA-256') as string,
    });
    expect(await ping(server)).toBe(503);
    const refused = await invoke(server, INSTANT);
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '5']);
    renameSync(`${model}.kept`, model);
    await until(async () => (await ping(server)) === 200);
    expect((await invoke(server, INSTANT)).status).toBe(200);
  });

  it('reports a client who left before the answer', async () => {
    const server = await serve();
    const leaving = new AbortController();
    const headers = { 'content-type': 'application/json' };
    const body = JSON.stringify(counts(ENDLESS));
    const request = { method: 'POST', headers, body, signal: leaving.signal };
    const left = fetch(`${server.url}/invocations`, request);
    await reaches();
    leaving.abort();
    await expect(left).rejects.toThrow('aborted');
    await until(() => server.events.length > 0);
    expect(server.events).toMatchObject([{ event: 'request', status: 499, batch: 1 }]);
  });

  it('ends with the server', async () => {
    const server = await serve();
    expect(modelProcesses()).toHaveLength(1);
    await server.server.close();
    expect(modelProcesses()).toEqual([]);
    await expect(fetch(`${server.url}/ping`)).rejects.toThrow();
  });
});
