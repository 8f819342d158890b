import type { FakeStore } from './fake-store';

/**
 * vLLM, which needs a GPU, by its protocol alone: it starts with nothing but the model's files, and answers
 * what it takes for a request for a completion.
 */
export function answerPrompt(store: FakeStore, directory: string, body: string): string {
  if (store.get(`${directory}config.json`) === undefined) throw new Error(`no model in ${directory}`);
  const { max_tokens: tokens = 16, prompt } = JSON.parse(body) as { max_tokens?: unknown; prompt?: unknown };
  if (typeof prompt === 'string' && typeof tokens === 'number') {
    return JSON.stringify({ object: 'text_completion', choices: [{ index: 0, text: ' and so on' }] });
  }
  return JSON.stringify({ object: 'error', message: 'Either prompt or prompt_embeds must be provided' });
}
