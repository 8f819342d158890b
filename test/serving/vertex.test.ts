import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fetchModel } from '../../lib/serving';
import { post, SPAM_FILTER } from './support';

const MAIN = join(__dirname, '..', '..', 'lib', 'cli', 'main.ts');
const URI = 'gs://my-models/models/8bf4fa2c2110';

interface Storage {
  readonly url: string;
  readonly requests: { readonly url: string; readonly headers: IncomingHttpHeaders }[];
  readonly server: Server;
}

/** Cloud Storage and the metadata server, with these objects; lists two at a time. */
async function startStorage(objects: Readonly<Record<string, Buffer>>): Promise<Storage> {
  const requests: Storage['requests'] = [];
  const server = createServer(({ headers, url = '' }, response) => {
    requests.push({ url, headers });
    const { pathname, searchParams } = new URL(url, 'http://localhost');
    const answer = (body: unknown) => response.end(JSON.stringify(body));
    if (pathname.startsWith('/computeMetadata/')) return answer({ access_token: 'token', expires_in: 3599 });
    const [, bucket, object] = /^\/storage\/v1\/b\/([^/]+)\/o\/?(.*)$/.exec(pathname) ?? [];
    if (bucket !== 'my-models') return response.writeHead(404).end();
    if (object) return response.end(objects[decodeURIComponent(object)]);
    const names = Object.keys(objects).filter((name) => name.startsWith(searchParams.get('prefix') ?? ''));
    const start = Number(searchParams.get('pageToken') ?? 0);
    const items = names.slice(start, start + 2).map((name) => ({ name }));
    return answer({ items, ...(start + 2 < names.length && { nextPageToken: String(start + 2) }) });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, requests, server };
}

function filesOf(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1))
    .sort();
}

function version(prefix: string): Record<string, Buffer> {
  return Object.fromEntries(
    filesOf(SPAM_FILTER).map((file) => [`${prefix}${file}`, readFileSync(join(SPAM_FILTER, file))]),
  );
}

let storage: Storage;
const start = async (objects: Readonly<Record<string, Buffer>>) => {
  storage = await startStorage(objects);
  return { storageHost: storage.url };
};
afterEach(() => {
  storage.server.close();
});

test("a container of Vertex AI fetches its model, and answers where it is told to, in Vertex AI's form", async () => {
  await start(version('models/8bf4fa2c2110/'));
  const child: ChildProcess = spawn(process.execPath, ['--import', 'tsx', MAIN, 'serve'], {
    env: {
      ...process.env,
      AIP_HTTP_PORT: '0',
      AIP_HEALTH_ROUTE: '/v1/endpoints/1/deployedModels/2',
      AIP_PREDICT_ROUTE: '/v1/endpoints/1/deployedModels/2:predict',
      AIP_STORAGE_URI: URI,
      STORAGE_EMULATOR_HOST: storage.url,
      MODEL_PIPELINE_DIRECTORY: '/opt/ml/model',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  try {
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => (output += text));
    while (!/ready at http:[^;]+/.test(output)) {
      if (child.exitCode !== null) throw new Error(output);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const [, url = ''] = /ready at (http:[^;]+);/.exec(output) ?? [];
    expect((await fetch(`${url}/v1/endpoints/1/deployedModels/2`)).status).toBe(200);
    const answer = await post(`${url}/v1/endpoints/1/deployedModels/2:predict`, {
      instances: [{ text: 'Win a free cash prize' }, { text: 'Lunch tomorrow?' }],
      parameters: {},
    });
    expect(await answer.json()).toEqual({
      predictions: [
        { label: expect.any(String) as string, probability: expect.any(Number) as number },
        { label: expect.any(String) as string, probability: expect.any(Number) as number },
      ],
    });
  } finally {
    child.kill('SIGTERM');
    await once(child, 'exit');
  }
}, 60_000);

test('every file of the directory is fetched, over several pages, and nothing beside it', async () => {
  const access = await start({
    ...version('models/8bf4fa2c2110/'),
    'models/8bf4fa2c2110-old/x': Buffer.from('x'),
  });
  const directory = await fetchModel(URI, access);
  expect(filesOf(directory)).toEqual(filesOf(SPAM_FILTER));
  expect(readFileSync(join(directory, 'model.onnx'))).toEqual(readFileSync(join(SPAM_FILTER, 'model.onnx')));
  rmSync(directory, { recursive: true });
});

test('objects are read with the token of the service account', async () => {
  const { storageHost } = await start({ 'models/8bf4fa2c2110/model.onnx': Buffer.from('x') });
  const metadataHost = storageHost.replace('http://', '');
  rmSync(await fetchModel(URI, { storageHost, metadataHost }), { recursive: true });
  const [token, ...reads] = storage.requests;
  expect(token?.headers['metadata-flavor']).toBe('Google');
  expect(reads.map(({ headers }) => headers.authorization)).toEqual(['Bearer token', 'Bearer token']);
});

test('folders that stand as objects are left out', async () => {
  const access = await start({
    'models/8bf4fa2c2110/': Buffer.from(''),
    'models/8bf4fa2c2110/a': Buffer.from('a'),
  });
  const directory = await fetchModel(`${URI}/`, access);
  expect(filesOf(directory)).toEqual(['a']);
  rmSync(directory, { recursive: true });
});

test.each([
  ['https://my-models/x', 'is no address of Cloud Storage'],
  ['gs://my-models/nothing', 'holds no files'],
  ['gs://others/x', 'answers 404 Not Found'],
])('%s is refused: %s', async (uri, message) => {
  const access = await start({});
  await expect(fetchModel(uri, access)).rejects.toThrow(message);
});

test('an object that leads out of the directory is refused', async () => {
  const access = await start({ 'models/8bf4fa2c2110/../../evil': Buffer.from('x') });
  await expect(fetchModel(URI, access)).rejects.toThrow('leads out of the directory');
});

test('a server that is not there is named', async () => {
  await start({});
  await expect(fetchModel(URI, { storageHost: 'http://127.0.0.1:1' })).rejects.toThrow('cannot be reached');
});
