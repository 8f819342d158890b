import { post, start, tokens, type Running } from './support';

const SAGEMAKER = 'application/vnd.sagemaker-triton.binary+json';

interface Answer {
  readonly id?: string;
  readonly model_name: string;
  readonly model_version: string;
  readonly outputs: readonly {
    readonly name: string;
    readonly shape: readonly number[];
    readonly datatype: string;
    readonly data?: readonly number[];
    readonly parameters?: { readonly binary_data_size: number };
  }[];
}

/** The body of a binary request: the JSON, then the tensors' bytes. */
function frame(json: object, ...tensors: ArrayBufferView[]): { body: Buffer; jsonBytes: number } {
  const head = Buffer.from(JSON.stringify(json));
  const tail = tensors.map(({ buffer, byteOffset, byteLength }) =>
    Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength),
  );
  return { body: Buffer.concat([head, ...tail]), jsonBytes: head.length };
}

function binaryTokens(rows: number) {
  return {
    name: 'tokens',
    shape: [rows, 256],
    datatype: 'INT64',
    parameters: { binary_data_size: rows * 2048 },
  };
}

async function unframe(response: Response, jsonBytes: number): Promise<{ json: Answer; bytes: Buffer }> {
  const body = Buffer.from(await response.arrayBuffer());
  return {
    json: JSON.parse(body.subarray(0, jsonBytes).toString()) as Answer,
    bytes: body.subarray(jsonBytes),
  };
}

describe('tensors', () => {
  let running: Running;
  let url: string;
  let infer: string;
  beforeAll(async () => {
    running = await start();
    url = `${running.url}/invocations`;
    infer = `${running.url}/v2/models/spam-filter/infer`;
  });
  afterAll(() => running.server.close());

  const answer = async (body: object) => (await (await post(url, body)).json()) as Answer;

  it('answers flat JSON data as the Open Inference Protocol says', async () => {
    const reply = await answer({ id: 'r-7', inputs: [tokens(3, 2)] });
    expect(reply).toEqual({
      id: 'r-7',
      model_name: 'spam-filter',
      model_version: '8bf4fa2c2110',
      outputs: [
        {
          name: 'probability',
          shape: [2, 1],
          datatype: 'FP32',
          data: [expect.any(Number), expect.any(Number)],
        },
      ],
    });
  });

  it('answers nested JSON data and 64-bit integers in strings alike', async () => {
    const row = new Array<number>(256).fill(3);
    const flat = await answer({ inputs: [tokens(3)] });
    const nested = await answer({ inputs: [{ ...tokens(3), data: [row] }] });
    const strings = await answer({ inputs: [{ ...tokens(3), data: row.map(String) }] });
    expect(nested.outputs).toEqual(flat.outputs);
    expect(strings.outputs).toEqual(flat.outputs);
  });

  it('leaves out the id where the client sent none', async () => {
    expect(await answer({ inputs: [tokens(3)] })).not.toHaveProperty('id');
  });

  it('takes bytes after JSON as SageMaker forwards them, and answers in kind', async () => {
    const expected = await answer({ inputs: [tokens(3, 2)] });
    const { body, jsonBytes } = frame(
      { inputs: [binaryTokens(2)], parameters: { binary_data_output: true } },
      new BigInt64Array(512).fill(3n),
    );
    const response = await post(url, body, { 'content-type': `${SAGEMAKER};json-header-size=${jsonBytes}` });
    const [type, size] = (response.headers.get('content-type') ?? '').split('json-header-size=');
    expect(type).toBe(`${SAGEMAKER};`);
    const { json, bytes } = await unframe(response, Number(size));
    expect(json.outputs).toEqual([
      { name: 'probability', shape: [2, 1], datatype: 'FP32', parameters: { binary_data_size: 8 } },
    ]);
    expect([bytes.readFloatLE(0), bytes.readFloatLE(4)]).toEqual(expected.outputs[0]?.data);
  });

  it('takes bytes after JSON as Triton clients send them, and answers in kind', async () => {
    const { body, jsonBytes } = frame(
      { inputs: [binaryTokens(1)], outputs: [{ name: 'probability', parameters: { binary_data: true } }] },
      new BigInt64Array(256).fill(3n),
    );
    const headers = {
      'content-type': 'application/octet-stream',
      'inference-header-content-length': String(jsonBytes),
    };
    const response = await post(infer, body, headers);
    expect(response.headers.get('content-type')).toBe('application/octet-stream');
    const { json, bytes } = await unframe(
      response,
      Number(response.headers.get('inference-header-content-length')),
    );
    expect(json.outputs[0]?.parameters).toEqual({ binary_data_size: 4 });
    expect(bytes).toHaveLength(4);
  });

  it('takes bytes without a content type, as Triton’s Python client sends them', async () => {
    const { body, jsonBytes } = frame({ inputs: [binaryTokens(1)] }, new BigInt64Array(256));
    const request = {
      method: 'POST',
      body,
      headers: { 'inference-header-content-length': String(jsonBytes) },
    };
    expect((await fetch(infer, request)).status).toBe(200);
  });

  it('answers JSON with bytes and bytes with JSON where asked to', async () => {
    const toBytes = await post(infer, { inputs: [tokens(3)], parameters: { binary_data_output: true } });
    expect(toBytes.headers.get('content-type')).toBe('application/octet-stream');
    const { body, jsonBytes } = frame({ inputs: [binaryTokens(1)] }, new BigInt64Array(256));
    const toJson = await post(url, body, { 'content-type': `${SAGEMAKER}; json-header-size=${jsonBytes}` });
    expect(toJson.headers.get('content-type')).toMatch(/^application\/json/);
  });

  it('lets an output override what is asked of all', async () => {
    const outputs = [{ name: 'probability', parameters: { binary_data: false } }];
    const response = await post(url, {
      inputs: [tokens(3)],
      outputs,
      parameters: { binary_data_output: true },
    });
    expect(response.headers.get('content-type')).toMatch(/^application\/json/);
  });

  describe('Accept', () => {
    const accepting = (accept: string, body: object) => post(url, body, { accept });

    it.each(['*/*', 'application/*', 'application/json', 'text/html, application/json;q=0.5'])(
      'takes %s',
      async (accept) => {
        const response = await accepting(accept, { inputs: [tokens(3)] });
        expect(response.headers.get('content-type')).toMatch(/^application\/json/);
      },
    );

    it('answers with bytes a client that accepts nothing else', async () => {
      const response = await accepting(SAGEMAKER, { inputs: [tokens(3)] });
      expect(response.headers.get('content-type')).toMatch(`${SAGEMAKER};json-header-size=`);
    });

    it.each([
      [
        'text/csv',
        { inputs: [tokens(3)] },
        'accept application/json or application/vnd.sagemaker-triton.binary+json',
      ],
      [SAGEMAKER, { instances: [{ text: '' }] }, 'accept application/json'],
      [
        'application/json',
        { inputs: [tokens(3)], parameters: { binary_data_output: true } },
        'accept application/json or application/vnd.sagemaker-triton.binary+json',
      ],
    ])('refuses %s with 406 where it cannot be met', async (accept, body, fix) => {
      const response = await accepting(accept, body);
      expect(response.status).toBe(406);
      expect(await response.json()).toEqual({
        error: `accept: cannot answer this request as "${accept}"`,
        issues: [
          { code: 'accept', path: 'accept', message: `cannot answer this request as "${accept}"`, fix },
        ],
      });
    });
  });
});
