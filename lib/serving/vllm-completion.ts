/**
 * The text that vLLM puts after a prompt, by OpenAI's completions:
 * https://docs.vllm.ai/en/stable/serving/openai_compatible_server.html
 *
 * @param invoke posts a JSON body to the server's `/v1/completions` and returns the body of its answer
 * @throws Error when the answer is none
 */
export async function completeByVllm(
  invoke: (body: string) => Promise<string>,
  prompt: string,
  tokens: number,
): Promise<string> {
  const answer = await invoke(JSON.stringify({ prompt, max_tokens: tokens, temperature: 0 }));
  const text = parse(answer).choices?.[0]?.text;
  if (typeof text === 'string') return text;
  throw new Error(`wanted {"choices": [{"text": "…"}]}, got ${answer.slice(0, 200)}`);
}

function parse(answer: string): { readonly choices?: readonly { readonly text?: unknown }[] } {
  try {
    return (JSON.parse(answer) ?? {}) as ReturnType<typeof parse>;
  } catch {
    return {};
  }
}
