import { SageMakerRuntimeClient } from '@aws-sdk/client-sagemaker-runtime';
import { invokeAsync } from '../../../lib/aws/functions/invoke-async';
import { FakeS3 } from '../../../lib/aws/rehearsal/fake-s3';

const ANSWER = 'answers/1.out';
const FAILURE = 'failures/1-error.out';

let s3: FakeS3;
let asked: Record<string, unknown>[];
let sagemaker: SageMakerRuntimeClient;

beforeEach(() => {
  s3 = new FakeS3();
  asked = [];
  sagemaker = new SageMakerRuntimeClient({
    region: 'eu-west-1',
    credentials: { accessKeyId: '-', secretAccessKey: '-' },
  });
  sagemaker.middlewareStack.add(
    () =>
      ({ input }) => {
        asked.push(input);
        const output = { OutputLocation: `s3://store/${ANSWER}`, FailureLocation: `s3://store/${FAILURE}` };
        return Promise.resolve({ output: output as never, response: {} });
      },
    { step: 'initialize', priority: 'high' },
  );
});

function ask(patience: number): Promise<string> {
  const requests = 's3://store/invocations/spam/requests/';
  const deadline = Date.now() + patience;
  return invokeAsync(
    s3.client(() => undefined),
    sagemaker,
    { endpointName: 'spam', requests, deadline },
    '{"inputs": 1}',
  );
}

test('a request is left in the store, and its answer is waited for', async () => {
  const answer = ask(10_000);
  setTimeout(() => {
    s3.put('store', ANSWER, '{"outputs": 2}');
  }, 100);
  expect(await answer).toBe('{"outputs": 2}');
  const [key = ''] = s3.list('store', 'invocations/spam/requests/');
  expect(s3.get('store', key)?.toString()).toBe('{"inputs": 1}');
  expect(asked).toEqual([
    {
      EndpointName: 'spam',
      InputLocation: `s3://store/${key}`,
      ContentType: 'application/json',
      Accept: 'application/json',
    },
  ]);
});

test('what the endpoint says of a failure is told', async () => {
  s3.put('store', FAILURE, 'the model is out of memory');
  await expect(ask(10_000)).rejects.toThrow('the endpoint failed: the model is out of memory');
});

test('an answer that does not come in time is not waited for', async () => {
  // Neither is another one, whose name begins with it.
  s3.put('store', `${ANSWER}put`, '{}');
  await expect(ask(0)).rejects.toThrow(
    /^no answer in time: request s3:\/\/store\/invocations\/spam\/requests\/.+\.json waits for s3:\/\/store\/answers\/1\.out$/,
  );
});
