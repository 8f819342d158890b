import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Json } from '../../lib/pipeline/definition';
import { type ProgramRequest, register, verify } from '../../lib/program';
import { temporaryDirectory } from '../artifact/support';
import { SIGNATURE, writeTinyLlama } from '../artifact/write-tiny-llama';
import { output, requestOf } from './support';

const DECLARED: Json = { ...SIGNATURE };

export function verifyLanguageModelRequest(model: string): ProgramRequest {
  return requestOf('verify', { signature: DECLARED }, { model }, ['report']);
}

export function registerLanguageModelRequest(
  model: string,
  report: string,
  parameters: Record<string, Json> = {},
): ProgramRequest {
  const evaluation = temporaryDirectory();
  writeFileSync(join(evaluation, 'metrics.json'), '{"perplexity": 2.5}\n');
  const prompts = { prompts: ['the cat', 'the dog'], promptTokens: 8 };
  return requestOf(
    'register',
    { pipeline: 'writer', runtime: 'vllm', signature: DECLARED, ...prompts, ...parameters },
    { model, report, evaluation },
    ['version'],
  );
}

/** A model and the report of its verification, as `register` takes them. */
export async function verifiedModel(): Promise<{ model: string; report: string }> {
  const model = writeTinyLlama();
  const request = verifyLanguageModelRequest(model);
  await verify(request);
  return { model, report: output(request, 'report') };
}

/** The directory of a registered language model. */
export async function registeredModel(): Promise<string> {
  const { model, report } = await verifiedModel();
  const request = registerLanguageModelRequest(model, report);
  await register(request);
  return output(request, 'version');
}
