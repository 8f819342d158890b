import { promptTest } from '../../lib/serving';

const PROMPTS = { prompts: ['the cat', 'the dog', 'the bird'], promptTokens: 8 };

test('every prompt is sent with the tokens to continue it by, and passes when it is continued', async () => {
  const asked: unknown[] = [];
  const result = await promptTest(PROMPTS, (prompt, tokens) => {
    asked.push([prompt, tokens]);
    return Promise.resolve(' sleeps');
  });
  expect(result).toEqual({ prompts: 3 });
  expect(asked).toEqual([
    ['the cat', 8],
    ['the dog', 8],
    ['the bird', 8],
  ]);
});

test('prompts without a continuation, and those that are not answered, are told at once', async () => {
  const ask = (prompt: string) => {
    if (prompt === 'the dog') return Promise.reject(new Error('503: loading'));
    return Promise.resolve(prompt === 'the cat' ? ' \n' : 'sings');
  };
  await expect(promptTest(PROMPTS, ask)).rejects.toThrow(
    [
      'smoke test: 2 problems',
      '  prompt "the cat": was continued by nothing: " \\n" [smoke-test-prompt]',
      '    fix: The endpoint does not serve the verified model: keep traffic away from it.',
      '  prompt "the dog": was not answered: 503: loading [smoke-test-prompt]',
      '    fix: The endpoint does not serve the verified model: keep traffic away from it.',
    ].join('\n'),
  );
});
