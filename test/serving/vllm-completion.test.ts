import { completeByVllm } from '../../lib/serving/vllm-completion';

const answering = (answer: string) => completeByVllm(() => Promise.resolve(answer), 'the cat', 8);

test('a completion is asked for without chance, and its text is the answer', async () => {
  let asked = '';
  const text = await completeByVllm(
    (body) => {
      asked = body;
      return Promise.resolve('{"choices":[{"text":" sleeps"}]}');
    },
    'the cat',
    8,
  );
  expect(text).toBe(' sleeps');
  expect(JSON.parse(asked)).toEqual({ prompt: 'the cat', max_tokens: 8, temperature: 0 });
});

test.each(['{"object":"error"}', '{"choices":[]}', '{"choices":[{"text":1}]}', 'null', '<html>'])(
  '%s is no completion',
  async (answer) => {
    await expect(answering(answer)).rejects.toThrow(`wanted {"choices": [{"text": "…"}]}, got ${answer}`);
  },
);
