import { FakeS3 } from '../../lib/aws/rehearsal/fake-s3';
import { answerPrompt } from '../../lib/aws/rehearsal/lmi-stand-in';

const MODEL = 's3://store/models/a1b2c3d4e5f6/model/';

const s3 = new FakeS3();
s3.put('store', 'models/a1b2c3d4e5f6/model/config.json', '{}');

const ask = (request: object) => JSON.parse(answerPrompt(s3, MODEL, JSON.stringify(request))) as object;

test('a prompt is continued, by 30 tokens where nobody says how many', () => {
  expect(ask({ inputs: 'Hello', parameters: { max_new_tokens: 4 } })).toEqual({
    generated_text: ' and so on',
  });
  expect(ask({ inputs: 'Hello' })).toEqual({ generated_text: ' and so on' });
});

test('what LMI does not take is answered as LMI does', () => {
  const refused = { error: 'invalid payload. must contain prompt, inputs, or messages', code: 424 };
  expect(ask({ instances: ['Hello'] })).toEqual(refused);
  expect(ask({ inputs: 'Hello', parameters: { max_new_tokens: '4' } })).toEqual(refused);
});

test('without a model it does not start', () => {
  const absent = 's3://store/models/ffffffffffff/model/';
  expect(() => answerPrompt(s3, absent, '{"inputs":"Hello"}')).toThrow(`no model in ${absent}`);
});
