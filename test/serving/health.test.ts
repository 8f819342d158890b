import { start, type Running } from './support';

describe('health', () => {
  let running: Running;
  beforeAll(async () => {
    running = await start();
  });
  afterAll(() => running.server.close());

  const get = (path: string, method = 'GET') => fetch(running.url + path, { method });

  it.each(['/ping', '/v2/health/ready'])('answers %s with 200 once the model is loaded', async (path) => {
    const response = await get(path);
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ ready: true });
  });

  it('answers HEAD as GET, without a body', async () => {
    const response = await get('/ping', 'HEAD');
    expect(response.status).toBe(200);
    expect(await response.text()).toBe('');
  });

  it('says that it is alive and what it is', async () => {
    expect(await (await get('/v2/health/live')).json()).toEqual({ live: true });
    expect(await (await get('/v2')).json()).toMatchObject({
      name: 'model-pipeline',
      extensions: ['binary_tensor_data'],
    });
  });

  it.each(['/v2/models/spam-filter', '/v2/models/spam-filter/versions/8bf4fa2c2110'])(
    'describes the model at %s',
    async (path) => {
      expect(await (await get(path)).json()).toEqual({
        name: 'spam-filter',
        versions: ['8bf4fa2c2110'],
        platform: 'onnx_onnxv1',
        inputs: [{ name: 'tokens', datatype: 'INT64', shape: [-1, 256] }],
        outputs: [{ name: 'probability', datatype: 'FP32', shape: [-1, 1] }],
      });
      expect(await (await get(`${path}/ready`)).json()).toEqual({ name: 'spam-filter', ready: true });
    },
  );

  it('knows no other model and no other version', async () => {
    for (const path of ['/v2/models/other', '/v2/models/spam-filter/versions/000000000000']) {
      expect((await get(path)).status).toBe(404);
    }
  });

  it('does not report health checks', async () => {
    await get('/ping');
    await get('/v2/health/ready');
    const paths = running.events.map((event) => (event.event === 'request' ? event.path : ''));
    expect(paths).not.toContain('/ping');
    expect(paths).not.toContain('/v2/health/ready');
  });

  it('answers on the paths that Vertex AI names, colon and all', async () => {
    const health = '/v1/endpoints/12/deployedModels/34';
    const { server, url } = await start(undefined, { healthPath: health, predictPath: `${health}:predict` });
    const body = JSON.stringify({ instances: [{ text: 'free money' }] });
    const headers = { 'content-type': 'application/json' };
    expect((await fetch(url + health)).status).toBe(200);
    expect((await fetch(`${url}${health}:predict`, { method: 'POST', body, headers })).status).toBe(200);
    expect((await fetch(`${url}${health}-predict`, { method: 'POST', body, headers })).status).toBe(404);
    expect((await fetch(`${url}/ping`)).status).toBe(200);
    await server.close();
  });
});
