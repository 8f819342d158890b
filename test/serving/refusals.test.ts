import { makeSlowVersion, counts } from './slow-version';
import { post, start, tokens, type Running } from './support';

interface Refusal {
  readonly error: string;
  readonly issues: readonly {
    readonly code: string;
    readonly path: string;
    readonly message: string;
    readonly fix: string;
  }[];
}

const FIX_TOKENS = 'send the shape [batch, 256]';

describe('refusals', () => {
  let running: Running;
  beforeAll(async () => {
    running = await start(undefined, { maxBodyBytes: 20_000 });
  });
  afterAll(() => running.server.close());

  const refuse = async (body: unknown, headers?: Record<string, string>): Promise<[number, Refusal]> => {
    const response = await post(`${running.url}/invocations`, body, headers);
    return [response.status, (await response.json()) as Refusal];
  };

  it.each([
    ['no body', '', 'the body is not JSON: Unexpected end of JSON input'],
    [
      'half a body',
      '{"instances"',
      "the body is not JSON: Expected ':' after property name in JSON at position 12",
    ],
    ['a list', '[]', 'expected a JSON object'],
    ['another object', '{}', 'expected an object with either "instances" or "inputs"'],
    ['both forms', '{"instances":[],"inputs":[]}', 'expected an object with either "instances" or "inputs"'],
    ['no instances', '{"instances":[]}', 'instances: expected a list of one or more raw inputs'],
    ['an instance of another kind', '{"instances":["free"]}', 'instances[0]: is not an object'],
    [
      'a field of another kind',
      '{"instances":[{"text":""},{"text":7}]}',
      'instances[1].text: got a number, wanted a string',
    ],
  ])('refuses %s', async (_, body, error) => {
    const [status, refusal] = await refuse(body);
    expect(status).toBe(400);
    expect(refusal.error).toMatch(error);
    expect(refusal.issues[0]).toMatchObject({
      code: expect.any(String) as string,
      fix: expect.any(String) as string,
    });
  });

  it.each([
    [
      'an unknown input',
      [{ name: 'token', shape: [1], datatype: 'INT64', data: [1] }],
      [
        [
          'input-unknown',
          'inputs[0].name',
          'expected one of "tokens", got "token"',
          'send the inputs of the signature',
        ],
        ['input-missing', 'inputs', 'the input "tokens" is missing', 'send it: shape [batch, 256]'],
      ],
    ],
    [
      'an input given twice',
      [tokens(1), tokens(1)],
      [['input-repeated', 'inputs[1].name', '"tokens" is given twice', 'give it once']],
    ],
    [
      'another datatype and another shape, both at once',
      [{ ...tokens(1), datatype: 'INT32', shape: [256] }],
      [
        [
          'input-datatype',
          'inputs[0].datatype',
          'expected "INT64", got "INT32"',
          'send the datatype of the signature',
        ],
        ['input-shape', 'inputs[0].shape', 'expected [batch, 256], got [256]', FIX_TOKENS],
      ],
    ],
    [
      'no instance at all',
      [{ ...tokens(1), shape: [0, 256], data: [] }],
      [['input-shape', 'inputs[0].shape', 'expected [batch, 256] of sizes from 1, got [0, 256]', FIX_TOKENS]],
    ],
    [
      'a shape that is none',
      [{ ...tokens(1), shape: 'all' }],
      [['input-shape', 'inputs[0].shape', 'expected [batch, 256], got "all"', FIX_TOKENS]],
    ],
    [
      'too few elements',
      [{ ...tokens(1), data: [1, 2] }],
      [
        [
          'input-data',
          'inputs[0].data',
          'does not fill the shape [1, 256]',
          'send INT64 values, flat or nested as the shape says',
        ],
      ],
    ],
    [
      'rows of unequal length',
      [{ ...tokens(1, 2), data: [new Array(255).fill(1), new Array(257).fill(1)] }],
      [
        [
          'input-data',
          'inputs[0].data',
          'does not fill the shape [2, 256]',
          'send INT64 values, flat or nested as the shape says',
        ],
      ],
    ],
    [
      'a value of another kind',
      [{ ...tokens(1), data: [1.5, ...new Array<number>(255).fill(1)] }],
      [
        [
          'input-data',
          'inputs[0].data[0]',
          'got 1.5, not a value of int64',
          'send INT64 values, flat or nested as the shape says',
        ],
      ],
    ],
    [
      'an object for a value',
      [{ ...tokens(1), data: [...new Array<number>(255).fill(1), {}] }],
      [
        [
          'input-data',
          'inputs[0].data[255]',
          'got an object, not a value of int64',
          'send INT64 values, flat or nested as the shape says',
        ],
      ],
    ],
  ])('refuses %s', async (_, inputs, expected) => {
    const [status, refusal] = await refuse({ inputs });
    expect(status).toBe(400);
    expect(refusal.issues).toEqual(
      expected.map(([code, path, message, fix]) => ({ code, path, message, fix })),
    );
    expect(refusal.error).toBe(
      expected.map(([, path, message]) => `${path ?? ''}: ${message ?? ''}`).join('; '),
    );
  });

  it('refuses outputs that the model does not have', async () => {
    const [status, { error }] = await refuse({ inputs: [tokens(1)], outputs: [{ name: 'score' }] });
    expect([status, error]).toEqual([400, 'outputs[0].name: expected one of "probability", got "score"']);
  });

  it('refuses bytes that do not fill the shape', async () => {
    const json = JSON.stringify({
      inputs: [{ ...tokens(1), data: undefined, parameters: { binary_data_size: 2048 } }],
    });
    const type = `application/vnd.sagemaker-triton.binary+json;json-header-size=${json.length}`;
    const [short, refusal] = await refuse(`${json}12345678`, { 'content-type': type });
    expect([short, refusal.error]).toEqual([400, 'inputs[0]: has 8 bytes, the shape [1, 256] has 2048']);
    const [long, { error }] = await refuse(`${json}${'\0'.repeat(2050)}`, { 'content-type': type });
    expect([long, error]).toEqual([400, '2 bytes after the JSON belong to no input']);
  });

  it.each([
    ['application/vnd.sagemaker-triton.binary+json', 'json-header-size', '""'],
    ['application/vnd.sagemaker-triton.binary+json;json-header-size=-1', 'json-header-size', '"-1"'],
    ['application/vnd.sagemaker-triton.binary+json;json-header-size=99', 'json-header-size', '"99"'],
    ['application/octet-stream', 'inference-header-content-length', '""'],
  ])('refuses %s, which does not say where the JSON ends', async (type, path, got) => {
    const [status, { error }] = await refuse('{}', { 'content-type': type });
    expect([status, error]).toEqual([
      400,
      `${path}: expected the length of the JSON, 0 to 2 bytes, got ${got}`,
    ]);
  });

  it.each(['text/csv', 'application/x-www-form-urlencoded', 'nonsense'])(
    'refuses a body of type %s with 415',
    async (type) => {
      const [status, { error, issues }] = await refuse('1,2', { 'content-type': type });
      expect([status, error]).toEqual([415, `content-type: the server does not take "${type}"`]);
      expect(issues[0]?.fix).toBe(
        'send application/json, or a binary content type of the Open Inference Protocol',
      );
    },
  );

  it('refuses a compressed body with 415', async () => {
    const [status, { error }] = await refuse('x', { 'content-encoding': 'gzip' });
    expect([status, error]).toEqual([415, 'content-encoding: the server does not take "gzip"']);
  });

  it('refuses a body over the limit with 413, with and without its length told', async () => {
    const large = JSON.stringify({ instances: [{ text: 'x'.repeat(20_000) }] });
    const [status, { error }] = await refuse(large);
    expect([status, error]).toEqual([413, 'the body is larger than 20000 bytes']);
    const chunks = new ReadableStream({
      pull(controller) {
        controller.enqueue(Buffer.alloc(30_000));
        controller.close();
      },
    });
    const headers = { 'content-type': 'application/json' };
    const init = { method: 'POST', body: chunks, duplex: 'half', headers } as RequestInit;
    expect((await fetch(`${running.url}/invocations`, init)).status).toBe(413);
  });

  it('refuses unknown paths with 404', async () => {
    const response = await fetch(`${running.url}/predict`);
    expect(response.status).toBe(404);
    expect(await response.json()).toEqual({
      error: 'there is nothing at /predict',
      issues: [
        {
          code: 'route-unknown',
          path: '',
          message: 'there is nothing at /predict',
          fix: 'use /invocations, /ping, /v2/models/spam-filter/infer',
        },
      ],
    });
  });

  it.each([
    ['GET', '/invocations', 'POST'],
    ['DELETE', '/invocations', 'POST'],
    ['POST', '/ping', 'GET, HEAD'],
    ['PUT', '/v2/models/spam-filter', 'GET, HEAD'],
  ])('refuses %s %s with 405 and the methods it takes', async (method, path, allowed) => {
    const response = await fetch(running.url + path, { method });
    expect([response.status, response.headers.get('allow')]).toEqual([405, allowed]);
    expect(((await response.json()) as Refusal).error).toBe(`${path} does not take ${method}`);
  });

  it('calls values the model fails on the fault of who sent tensors', async () => {
    const [status, { error }] = await refuse({ inputs: [tokens(99_999)] });
    expect(status).toBe(400);
    expect(error).toMatch(/^inputs: the model fails on these values: .*idx=99999/);
    expect((await fetch(`${running.url}/ping`)).status).toBe(200);
  });

  it('stays small and alive whatever the size and depth of what it refuses', async () => {
    const deep = '['.repeat(4_000) + ']'.repeat(4_000);
    for (const body of [
      `{"instances":${deep}}`,
      `{"inputs":${deep}}`,
      `{"inputs":[{"name":${deep}}]}`,
      `{"inputs":[{"name":"tokens","shape":${deep},"datatype":${deep}}]}`,
      `{"inputs":[{"name":"tokens","shape":[1,256],"datatype":"INT64","data":${deep}}]}`,
      `{"instances":[{"text":${deep}}]}`,
    ]) {
      const [status, refusal] = await refuse(body);
      expect(status).toBe(400);
      expect(JSON.stringify(refusal).length).toBeLessThan(1000);
    }
    const [, refusal] = await refuse({
      inputs: [{ ...tokens(1), data: ['x'.repeat(9_000), ...new Array<number>(255).fill(1)] }],
    });
    expect(JSON.stringify(refusal).length).toBeLessThan(1000);
    const [, { error, issues }] = await refuse({ instances: new Array(1000).fill(1) });
    expect(error).toMatch(/; and 984 more$/);
    expect(issues).toHaveLength(16);
  });

  it('asks for tensors where the model travels without its preprocessing', async () => {
    const { server, url } = await start(await makeSlowVersion());
    const response = await post(`${url}/invocations`, { instances: [{ count: 1 }] });
    expect([response.status, ((await response.json()) as Refusal).issues]).toEqual([
      400,
      [
        {
          code: 'preprocessing-missing',
          path: 'instances',
          message: 'the model travels without its preprocessing',
          fix: 'send tensors: {"inputs": [{"name": "count", "shape": […], "datatype": …, "data": […]}]}',
        },
      ],
    ]);
    expect((await post(`${url}/invocations`, counts(1))).status).toBe(200);
    await server.close();
  });
});
