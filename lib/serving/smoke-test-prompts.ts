import type { Prompts } from '../artifact/language-model/prompts';
import { type Issue, issue, throwIssues } from '../issue';

export interface PromptTestResult {
  /** Prompts that were continued: all of them. */
  readonly prompts: number;
}

const FIX = 'The endpoint does not serve the verified model: keep traffic away from it.';

/**
 * Has a live endpoint continue every prompt, one by one.
 *
 * @param ask returns the text that follows the prompt, without the prompt itself
 * @throws IssueError with every prompt that was not continued, or with a blank text only
 */
export async function promptTest(
  { prompts, promptTokens }: Pick<Prompts, 'prompts' | 'promptTokens'>,
  ask: (prompt: string, tokens: number) => Promise<string>,
): Promise<PromptTestResult> {
  const issues: Issue[] = [];
  for (const prompt of prompts) {
    const failure = await ask(prompt, promptTokens).then(blankAnswer, errorOf);
    if (failure !== undefined) {
      issues.push(issue('smoke-test-prompt', `prompt ${JSON.stringify(prompt)}`, failure, FIX));
    }
  }
  throwIssues('smoke test', issues);
  return { prompts: prompts.length };
}

function blankAnswer(answer: string): string | undefined {
  return answer.trim() === '' ? `was continued by nothing: ${JSON.stringify(answer)}` : undefined;
}

function errorOf(error: unknown): string {
  return `was not answered: ${error instanceof Error ? error.message : String(error)}`;
}
