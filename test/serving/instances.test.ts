import { readGolden } from '../../lib/artifact';
import { join } from 'node:path';
import { post, SPAM_FILTER, start, type Running } from './support';

interface Predictions {
  readonly predictions: readonly { readonly label: string; readonly probability: number }[];
}

describe('raw inputs', () => {
  let running: Running;
  beforeAll(async () => {
    running = await start();
  });
  afterAll(() => running.server.close());

  const predict = async (body: unknown) =>
    (await (await post(`${running.url}/invocations`, body)).json()) as Predictions;

  it('answers the golden samples as they were recorded, in one request', async () => {
    const { samples } = readGolden(join(SPAM_FILTER, 'golden'));
    const { predictions } = await predict({ instances: samples.map(({ input }) => input) });
    expect(predictions).toHaveLength(samples.length);
    samples.forEach(({ outputs }, index) => {
      expect(predictions[index]?.probability).toBeCloseTo(Number(outputs.probability?.data[0]), 4);
    });
  });

  it('names the more probable class', async () => {
    const { predictions } = await predict({
      instances: [{ text: 'WIN free cash now' }, { text: 'review of the kernel patch' }],
    });
    expect(predictions.map(({ label }) => label)).toEqual(['spam', 'ham']);
  });

  it('takes what Vertex AI sends beside the instances', async () => {
    const { predictions } = await predict({ instances: [{ text: 'hello' }], parameters: { threshold: 0.3 } });
    expect(predictions).toHaveLength(1);
  });

  it('answers on the route of the Open Inference Protocol too', async () => {
    const response = await post(`${running.url}/v2/models/spam-filter/infer`, {
      instances: [{ text: 'hello' }],
    });
    expect(((await response.json()) as Predictions).predictions).toHaveLength(1);
  });

  it('returns the id of the client, and reports the request without what it held', async () => {
    const secret = 'a-secret-word';
    const headers = { 'x-request-id': 'abc-1' };
    const response = await post(
      `${running.url}/invocations?key=value`,
      { instances: [{ text: secret }, { text: '' }] },
      headers,
    );
    await response.text();
    expect(response.headers.get('x-request-id')).toBe('abc-1');
    const event = running.events.find(
      (candidate) => candidate.event === 'request' && candidate.id === 'abc-1',
    );
    expect(event).toEqual({
      event: 'request',
      id: 'abc-1',
      method: 'POST',
      path: '/invocations',
      status: 200,
      ms: expect.any(Number) as number,
      batch: 2,
    });
    expect(JSON.stringify(running.events)).not.toContain(secret);
  });

  it('makes an id of its own where the client sends none fit for a log', async () => {
    const response = await post(
      `${running.url}/invocations`,
      { instances: [{ text: '' }] },
      { 'x-request-id': 'a b' },
    );
    expect(response.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });
});
