import { spawn, type ChildProcess } from 'node:child_process';
import { appendFileSync, readdirSync } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { temporaryDirectory } from '../artifact/support';
import { copyOf, modelProcesses, post, SPAM_FILTER } from './support';
import { counts, makeSlowVersion } from './slow-version';

const MAIN = join(__dirname, '..', '..', 'lib', 'cli', 'main.ts');

interface Serving {
  readonly child: ChildProcess;
  /** What it has printed so far. */
  readonly output: () => string;
  readonly exit: Promise<number | null>;
}

function spawnServe(args: readonly string[], environment: Record<string, string>): Serving {
  const child = spawn(process.execPath, ['--import', 'tsx', MAIN, 'serve', ...args], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  return { child, output: () => output, exit: once(child, 'close').then(([code]) => code as number | null) };
}

/** URL of the server, once it says that it is ready. */
async function ready(serving: Serving): Promise<string> {
  for (;;) {
    const match = /ready.*?(http:\/\/[\d.:]+)/.exec(serving.output());
    if (match?.[1] !== undefined) return match[1];
    if (serving.child.exitCode !== null) throw new Error(serving.output());
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

jest.setTimeout(60_000);

describe('model-pipeline serve', () => {
  const started: ChildProcess[] = [];
  afterEach(() => {
    for (const child of started.splice(0)) child.kill('SIGKILL');
  });
  const serve = (args: readonly string[], environment: Record<string, string> = {}): Serving => {
    const serving = spawnServe(args, environment);
    started.push(serving.child);
    return serving;
  };

  it.each([
    ['at once', {}],
    ['collected, at the end', { MODEL_PIPELINE_CAPTURE_BATCH_SECONDS: '3600' }],
  ])('records what it is asked where it is told to: %s', async (_, environment) => {
    const directory = temporaryDirectory();
    const serving = serve([SPAM_FILTER, '--port', '0', '--capture', directory], environment);
    await post(`${await ready(serving)}/invocations`, { instances: [{ text: 'hello' }] });
    serving.child.kill('SIGTERM');
    expect(await serving.exit).toBe(0);
    const files = readdirSync(join(directory, 'spam-filter'), { recursive: true }).map(String);
    expect(files.filter((file) => file.endsWith('.jsonl'))).toHaveLength(1);
  });

  it('says where it is ready with a command to try, logs a line a request, and ends with 0', async () => {
    const serving = serve([SPAM_FILTER, '--port', '0']);
    const url = await ready(serving);
    expect(serving.output()).toBe(
      `spam-filter 8bf4fa2c2110 is ready at ${url}; try: ` +
        `curl -H 'content-type: application/json' -d '{"instances":[{"text":"hello"}]}' ${url}/invocations\n`,
    );
    await post(`${url}/invocations`, { instances: [{ text: 'hello' }] }, { 'x-request-id': 'r1' });
    serving.child.kill('SIGTERM');
    expect(await serving.exit).toBe(0);
    expect(serving.output()).toMatch(
      /POST \/invocations 200 \d+ ms batch 1 r1\n.*SIGTERM: finishing requests/s,
    );
  });

  it('finishes the request it is at when it is asked to end, and takes no other', async () => {
    const serving = serve([await makeSlowVersion(), '--port', '0', '--log', 'json']);
    const url = await ready(serving);
    const slow = post(`${url}/invocations`, counts(1_000_000));
    await new Promise((resolve) => setTimeout(resolve, 700));
    const [model] = modelProcesses(serving.child.pid);
    serving.child.kill('SIGTERM');
    await new Promise((resolve) => setTimeout(resolve, 100));
    await expect(fetch(`${url}/ping`)).rejects.toThrow();
    const response = await slow;
    expect([response.status, response.headers.get('connection')]).toEqual([200, 'close']);
    expect(await serving.exit).toBe(0);
    expect(() => process.kill(model ?? NaN, 0)).toThrow('ESRCH');
    const events = serving
      .output()
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { event: string }).event);
    expect(events).toEqual(['ready', 'stopping', 'request']);
  });

  it('does not wait for a request longer than it is told to', async () => {
    const serving = serve([await makeSlowVersion(), '--port', '0', '--drain-seconds', '1']);
    const endless = post(`${await ready(serving)}/invocations`, counts(1e12));
    await new Promise((resolve) => setTimeout(resolve, 700));
    serving.child.kill('SIGTERM');
    await expect(endless).rejects.toThrow();
    expect(await serving.exit).toBe(0);
  });

  it('takes the directory and all else from the environment, as a container does', async () => {
    const serving = serve([], {
      MODEL_PIPELINE_DIRECTORY: SPAM_FILTER,
      MODEL_PIPELINE_NAME: 'mail',
      MODEL_PIPELINE_LOG: 'json',
      AIP_HTTP_PORT: '0',
      AIP_HEALTH_ROUTE: '/health',
      AIP_PREDICT_ROUTE: '/predict',
    });
    const url = await ready(serving);
    expect((await fetch(`${url}/health`)).status).toBe(200);
    expect((await post(`${url}/predict`, { instances: [{ text: 'hello' }] })).status).toBe(200);
    expect(JSON.parse(serving.output().split('\n')[0] ?? '')).toMatchObject({
      event: 'ready',
      model: 'mail',
    });
    serving.child.kill('SIGINT');
    expect(await serving.exit).toBe(0);
  });

  it('refuses a version with a tampered byte before it listens', async () => {
    const directory = copyOf(SPAM_FILTER);
    appendFileSync(join(directory, 'model.onnx'), ' ');
    const serving = serve([directory, '--port', '0']);
    expect(await serving.exit).toBe(1);
    expect(serving.output()).toContain(
      'model.onnx: was changed after the version was registered [file-changed]',
    );
    expect(serving.output()).not.toContain('ready');
  });

  it.each([
    ['--port', 'http', 'Expected an integer from 0, got "http".'],
    ['--capture-percent', '0', 'Expected a number above 0, at most 100, got "0".'],
    ['--capture-percent', '100.5', 'Expected a number above 0, at most 100, got "100.5".'],
  ])('refuses %s %s', async (option, value, message) => {
    const serving = serve([SPAM_FILTER, option, value]);
    expect(await serving.exit).toBe(1);
    expect(serving.output()).toContain(message);
  });
});
