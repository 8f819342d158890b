import { createServer as createHttpServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type InvokeEndpointCommandInput, SageMakerRuntimeClient } from '@aws-sdk/client-sagemaker-runtime';
import { VerifiedArtifact } from '../../../lib/artifact';
import { createHandler, type SmokeTestEvent } from '../../../lib/aws/functions/smoke-test';
import { createServer, type InferenceServer } from '../../../lib/serving';
import { CONFIG, Emulator } from './emulator';

const VERSIONS = join(__dirname, '..', '..', 'fixtures', 'versions');

let emulator: Emulator;
let server: InferenceServer;
let handler: ReturnType<typeof createHandler>;
let sent: object[];

beforeEach(() => {
  sent = [];
});

/** The endpoint is this library's server, at the path SageMaker gives it. */
beforeAll(async () => {
  emulator = await Emulator.start();
  for (const name of ['spam-filter', 'spam-filter-changed']) {
    await emulator.putDirectory(join(VERSIONS, name, 'golden'), `${name}/golden/`);
  }
  const artifact = VerifiedArtifact.fromDirectory(join(VERSIONS, 'spam-filter'));
  server = createServer(artifact, { predictPath: '/endpoints/spam-filter/invocations' });
  handler = createHandler(emulator.s3, runtimeAt(await server.listen({ port: 0 })));
}, 60_000);

afterAll(async () => {
  await server.close();
  await emulator.stop();
});

/** A client that remembers what it sends. */
function runtimeAt(endpoint: string): SageMakerRuntimeClient {
  const client = new SageMakerRuntimeClient({ ...CONFIG, endpoint, maxAttempts: 1 });
  client.middlewareStack.add(
    (next) => (args) => {
      sent.push(JSON.parse((args.input as InvokeEndpointCommandInput).Body as string) as object);
      return next(args);
    },
    { step: 'initialize' },
  );
  return client;
}

const EVENT: SmokeTestEvent = {
  endpointName: 'spam-filter',
  version: 's3://artifacts/spam-filter/',
  tolerance: { absolute: 1e-4, relative: 0 },
  runtime: 'onnx',
};

test('an endpoint that serves the released version passes, asked with raw inputs', async () => {
  const result = await handler(EVENT);

  expect(sent[0]).toEqual({ instances: [{ text: 'WIN a FREE cash prize! Click now!' }] });
  expect(result).toMatchObject({ samples: 8 });
  expect('maxAbsoluteDifference' in result && result.maxAbsoluteDifference).toBeLessThan(1e-5);
});

test('a Triton endpoint is asked with tensors', async () => {
  const result = await handler({ ...EVENT, runtime: 'triton' });

  expect(sent[0]).toMatchObject({ inputs: [{ name: 'tokens', shape: [1, 256], datatype: 'INT64' }] });
  expect(result).toMatchObject({ samples: 8 });
  expect('maxAbsoluteDifference' in result && result.maxAbsoluteDifference).toBeLessThan(1e-5);
});

test('an endpoint that still serves another version fails with the sample and the difference', async () => {
  const version = 's3://artifacts/spam-filter-changed/';

  await expect(handler({ ...EVENT, version })).rejects.toMatchObject({
    name: 'smoke-test-difference',
    message: expect.stringMatching(
      /^sample "sample-\d+", output "probability": differs by 0\.\d+; allowed: 0\.0001 absolute \+ 0 relative \(0\.\d+ absolute would do\)/,
    ) as string,
  });
});

describe('an endpoint that answers something else', () => {
  let endpoint: Server;
  let answer: { status: number; body: string };

  beforeAll(async () => {
    endpoint = createHttpServer((_, response) => response.writeHead(answer.status).end(answer.body));
    await new Promise((resolve) =>
      endpoint.listen(0, '127.0.0.1', () => {
        resolve(undefined);
      }),
    );
    const { port } = endpoint.address() as AddressInfo;
    handler = createHandler(emulator.s3, runtimeAt(`http://127.0.0.1:${port}`));
  });

  afterAll(() => endpoint.close());

  test.each([
    ['no JSON', 'bad gateway', 'endpoint: answered no JSON: bad gateway'],
    ['no outputs', '{}', 'sample "sample-0", output "probability": wanted 1 elements, got {}'],
    [
      'too many elements',
      '{"predictions":[{"probability":[0.1,0.9]}]}',
      'sample "sample-0", output "probability": wanted 1 elements, got {"predictions":[{"probability":[0.1,0.9]}]}',
    ],
  ])('%s', async (_, body, message) => {
    answer = { status: 200, body };

    await expect(handler(EVENT)).rejects.toMatchObject({
      name: 'smoke-test-answer',
      message: expect.stringContaining(message) as string,
    });
  });

  test('an error of the model', async () => {
    answer = { status: 500, body: '{"message":"out of memory"}' };

    await expect(handler(EVENT)).rejects.toThrow('out of memory');
  });

  describe('for a language model', () => {
    const event: SmokeTestEvent = {
      ...EVENT,
      version: 's3://artifacts/models/a1b2c3d4e5f6/',
      runtime: 'vllm',
      tolerance: {},
    };

    beforeAll(() =>
      emulator.put(
        'models/a1b2c3d4e5f6/prompts.json',
        JSON.stringify({ schemaVersion: 1, prompts: ['Hello', 'Once upon a time'], promptTokens: 4 }),
      ),
    );

    test('every prompt is sent as LMI takes it, and was continued', async () => {
      answer = { status: 200, body: '{"generated_text":" there"}' };

      expect(await handler(event)).toEqual({ prompts: 2 });
      expect(sent).toEqual([
        { inputs: 'Hello', parameters: { max_new_tokens: 4 } },
        { inputs: 'Once upon a time', parameters: { max_new_tokens: 4 } },
      ]);
    });

    test.each([
      ['nothing', '{"generated_text":" "}', 'prompt "Hello": was continued by nothing: " "'],
      [
        'an error',
        '{"error":"Input parsing failed","code":424}',
        'prompt "Hello": was not answered: wanted {"generated_text": "…"}, got {"error":"Input parsing failed","code":424}',
      ],
      ['no JSON', 'bad gateway', 'prompt "Hello": was not answered: Unexpected token'],
    ])('%s ends the test', async (_, body, message) => {
      answer = { status: 200, body };

      await expect(handler(event)).rejects.toMatchObject({
        name: 'smoke-test-prompt',
        message: expect.stringContaining(message) as string,
      });
    });

    test('a version without prompts ends the test', async () => {
      const version = 's3://artifacts/models/ffffffffffff/';

      await expect(handler({ ...event, version })).rejects.toThrow('key does not exist');
    });
  });
});
