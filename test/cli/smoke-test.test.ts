import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SPAM_FILTER, temporaryDirectory } from '../artifact/support';
import { modelPipeline } from './model-pipeline';

jest.setTimeout(60_000);

/** Stands for a service of Google: answers by path. */
async function listen(answer: (request: IncomingMessage, body: string) => [status: number, text: string]) {
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (data: Buffer) => (body += data.toString()));
    request.on('end', () => {
      const [status, text] = answer(request, body);
      response.writeHead(status).end(text);
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return { server, host: `127.0.0.1:${(server.address() as AddressInfo).port}` };
}

const stop = (server: Server) =>
  new Promise((done) => {
    server.close(done);
    server.closeAllConnections();
  });

describe('a smoke test', () => {
  const golden = join(SPAM_FILTER, 'golden');
  const samples = (
    JSON.parse(readFileSync(join(golden, 'samples.json'), 'utf8')) as {
      samples: { input?: unknown; outputs: Record<string, { data: unknown }> }[];
    }
  ).samples;
  const asked: string[] = [];
  let metadata: Awaited<ReturnType<typeof listen>>;
  let endpoint: Awaited<ReturnType<typeof listen>>;

  beforeAll(async () => {
    metadata = await listen(({ headers, url = '' }) => {
      if (headers['metadata-flavor'] !== 'Google') return [403, 'no'];
      return url.includes('/identity?')
        ? [200, `id-of-${url.split('audience=')[1] ?? ''}`]
        : [200, '{"access_token":"access"}'];
    });
    endpoint = await listen(({ headers, url }, body) => {
      asked.push(`${url ?? ''} ${headers.authorization ?? ''}`);
      if (url === '/broken' || body === '') return [503, 'not now'];
      if (url === '/complete') return [200, '{"choices":[{"text":" and so on"}]}'];
      const { instances } = JSON.parse(body) as { instances: unknown[] };
      const sample = samples.find(({ input }) => JSON.stringify(input) === JSON.stringify(instances[0]));
      const outputs = Object.entries(sample?.outputs ?? {}).map(([name, { data }]) => [name, data]);
      return [200, JSON.stringify({ predictions: [Object.fromEntries(outputs)] })];
    });
  });
  afterAll(async () => {
    await stop(metadata.server);
    await stop(endpoint.server);
  });

  const smokeTest = (path: string, options: readonly string[], host = metadata.host, directory = golden) => {
    asked.length = 0;
    const url = `http://${endpoint.host}${path}`;
    return modelPipeline(['smoke-test', directory, '--url', url, ...options], {
      env: { GCE_METADATA_HOST: host },
    });
  };

  test.each([
    [
      ['--token', 'identity'],
      () => `/invocations Bearer id-of-${encodeURIComponent(`http://${endpoint.host}`)}`,
    ],
    [['--token', 'access'], () => '/invocations Bearer access'],
    [[], () => '/invocations '],
  ])('with %j asks for every golden sample', async (options, request) => {
    const { code, stdout, stderr } = await smokeTest('/invocations', [...options, '--absolute', '0.001']);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(new RegExp(`^${samples.length} samples, largest difference `));
    expect(asked).toEqual(samples.map(request));
  });

  test('has a language model continue the prompts of its version', async () => {
    const prompts = join(temporaryDirectory(), 'prompts.json');
    writeFileSync(prompts, '{"schemaVersion":1,"prompts":["the cat","the dog"],"promptTokens":8}');
    const { code, stdout, stderr } = await smokeTest(
      '/complete',
      ['--runtime', 'vllm', '--token', 'access'],
      metadata.host,
      prompts,
    );
    expect([code, stdout, stderr]).toEqual([0, '2 prompts, each continued\n', '']);
    expect(asked).toEqual(['/complete Bearer access', '/complete Bearer access']);
  });

  test('fails where the endpoint does, or there is no token', async () => {
    const broken = await smokeTest('/broken', []);
    expect(broken.code).toBe(1);
    expect(broken.stderr).toContain('/broken: answered 503: not now [smoke-test-answer]');
    const lost = await smokeTest('/invocations', ['--token', 'access'], '127.0.0.1:1');
    expect(lost.stderr).toContain('127.0.0.1:1: gave no token: it cannot be reached [metadata-server]');
    const refused = await smokeTest('/invocations', ['--token', 'access'], endpoint.host);
    expect(refused.stderr).toContain('gave no token: it answered');
    const wrong = await smokeTest('/invocations', ['--relative', '-1']);
    expect(wrong.stderr).toContain('It is a number from 0.');
  });
});
