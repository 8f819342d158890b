import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { curlExample, findModel, type ServedModel } from '../../lib/serving';
import { SPAM_FILTER, start } from './support';

const ADDRESS = 'http://127.0.0.1:8080';

describe('curlExample', () => {
  it('is a command that works', async () => {
    const { server, url } = await start();
    const { stdout } = await promisify(execFile)('sh', ['-c', curlExample(findModel(SPAM_FILTER), url)]);
    expect(JSON.parse(stdout)).toMatchObject({
      predictions: [{ probability: expect.any(Number) as number }],
    });
    await server.close();
  });

  it('sends tensors where the model takes no raw input, and asks what it takes where they are large', () => {
    const model = (size: number): ServedModel => ({
      ...findModel(SPAM_FILTER),
      directory: '/nowhere',
      signature: { inputs: { x: { dtype: 'float32', shape: ['batch', size] } }, outputs: {} },
    });
    expect(curlExample(model(2), ADDRESS)).toBe(
      `curl -H 'content-type: application/json' -d '{"inputs":[{"name":"x","shape":[1,2],"datatype":"FP32","data":[0,0]}]}' ${ADDRESS}/invocations`,
    );
    expect(curlExample(model(65), ADDRESS)).toBe(`curl ${ADDRESS}/v2/models/spam-filter`);
  });
});
