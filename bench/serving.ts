/**
 * What the server costs beside the model: throughput and latency of this server, of a bare node:http
 * server with the model in its own process, and of the model alone. Same machine, same inputs.
 *
 *     npx tsx bench/serving.ts [version directory]
 */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { Agent, createServer as createHttpServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { InferenceSession, Tensor as RuntimeTensor } from 'onnxruntime-node';
import { Preprocessing, readGolden } from '../lib/artifact';
import { createServer } from '../lib/serving';
import { findModel } from '../lib/serving/find-model';

/** The servers are measured in turn, so that what else the machine does falls on both. */
const ROUNDS = 4;
const ROUND_SECONDS = 0.6;
const CONCURRENCIES = [1, 16];
/** The model of the fixture is too small for more; all three run it alike. */
const THREADS = 1;

interface Figures {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

type Model = (instance: unknown) => Promise<unknown>;

/** Raw input to answer without checks, queue or HTTP: the least any server has to do. */
async function loadModel(directory: string): Promise<Model> {
  const preprocessing = Preprocessing.load(join(directory, 'preprocessing'));
  const session = await InferenceSession.create(join(directory, 'model.onnx'), {
    intraOpNumThreads: THREADS,
  });
  return async (instance) => {
    const feeds = Object.entries(preprocessing.encode([instance])).map(
      ([name, { dtype, data, shape }]) =>
        [name, new RuntimeTensor(dtype, data as Float32Array, shape)] as const,
    );
    const outputs = await session.run(Object.fromEntries(feeds));
    return Object.fromEntries(Object.entries(outputs).map(([name, { data }]) => [name, Number(data[0])]));
  };
}

async function serveNaively(directory: string): Promise<string> {
  const model = await loadModel(directory);
  const server = createHttpServer((incoming, response) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      const { instances } = JSON.parse(Buffer.concat(chunks).toString()) as { instances: unknown[] };
      void model(instances[0]).then((prediction) => {
        response.writeHead(200, { 'content-type': 'application/json' });
        response.end(JSON.stringify({ predictions: [prediction] }));
      });
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function serve(kind: string, directory: string): Promise<void> {
  const server = createServer(findModel(directory), { threads: THREADS });
  process.send?.(kind === 'naive' ? await serveNaively(directory) : await server.listen({ port: 0 }));
  process.once('disconnect', () => process.exit());
}

async function startServer(kind: string, directory: string): Promise<{ child: ChildProcess; url: string }> {
  const child = fork(__filename, [kind, directory], { execArgv: ['--import', 'tsx'] });
  const [url] = (await once(child, 'message')) as [string];
  return { child, url };
}

function client(url: string, connections: number): Model {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  return (instance) =>
    new Promise((done, fail) => {
      const body = JSON.stringify({ instances: [instance] });
      const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
      const sent = request(`${url}/invocations`, { method: 'POST', agent, headers }, (response) => {
        response
          .on('data', () => undefined)
          .on('end', () => {
            if (response.statusCode === 200) done(undefined);
            else fail(new Error(`status ${response.statusCode ?? 0}`));
          });
      });
      sent.on('error', fail).end(body);
    });
}

/** Latencies of calls made one after the other by each of so many callers. */
async function run(
  call: Model,
  instances: readonly unknown[],
  callers: number,
  seconds: number,
): Promise<number[]> {
  const end = performance.now() + seconds * 1000;
  const times: number[] = [];
  const caller = async (first: number) => {
    for (let index = first; performance.now() < end; index++) {
      const start = performance.now();
      await call(instances[index % instances.length]);
      times.push(performance.now() - start);
    }
  };
  await Promise.all(Array.from({ length: callers }, (_, index) => caller(index)));
  return times;
}

/** Calls several models in turn, round by round; the first round warms up and does not count. */
async function measure(
  models: readonly Model[],
  instances: readonly unknown[],
  callers: number,
): Promise<Figures[]> {
  const times: number[][] = models.map(() => []);
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [index, model] of models.entries()) {
      const latencies = await run(model, instances, callers, round === 0 ? ROUND_SECONDS / 4 : ROUND_SECONDS);
      if (round > 0) times[index]?.push(...latencies);
    }
  }
  return times.map((latencies) => figuresOf(latencies.sort((a, b) => a - b)));
}

function figuresOf(sorted: readonly number[]): Figures {
  const at = (share: number) => sorted[Math.floor(sorted.length * share)] ?? NaN;
  return { perSecond: sorted.length / (ROUNDS * ROUND_SECONDS), p50Ms: at(0.5), p99Ms: at(0.99) };
}

async function main(): Promise<void> {
  const [kind = '', target] = process.argv.slice(2);
  if (target !== undefined) {
    await serve(kind, target);
    return;
  }
  const directory = resolve(kind || join(__dirname, '..', 'test', 'fixtures', 'versions', 'spam-filter'));
  const instances = readGolden(join(directory, 'golden')).samples.map(({ input }) => input);
  const [alone] = await measure([await loadModel(directory)], instances, 1);
  if (alone) print('model alone', 1, alone, alone);
  const servers = await Promise.all(['naive', 'ours'].map((name) => startServer(name, directory)));
  for (const callers of CONCURRENCIES) {
    const models = servers.map(({ url }) => client(url, callers));
    const [naive, ours] = await measure(models, instances, callers);
    if (!naive || !ours) continue;
    print('node:http', callers, naive, naive);
    print('this server', callers, ours, naive);
  }
  for (const { child } of servers) child.disconnect();
}

/** In brackets: the ratio to the figure of `base`. */
function print(name: string, callers: number, { perSecond, p50Ms, p99Ms }: Figures, base: Figures): void {
  const columns = [
    name.padEnd(12),
    `${callers} at a time`.padEnd(14),
    `${perSecond.toFixed(0).padStart(6)}/s (${(perSecond / base.perSecond).toFixed(2)})`,
    `p50 ${p50Ms.toFixed(2)} ms (${(p50Ms / base.p50Ms).toFixed(2)})`,
    `p99 ${p99Ms.toFixed(2)} ms (${(p99Ms / base.p99Ms).toFixed(2)})`,
  ];
  process.stdout.write(`${columns.join('  ')}\n`);
}

void main();
