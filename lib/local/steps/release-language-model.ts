import { join } from 'node:path';
import { VerifiedLanguageModel } from '../../artifact';
import type { PipelineDefinition } from '../../pipeline';
import type { LocalStore } from '../store';
import type { StepResult } from './context';

/**
 * Reads the version once more, and leaves it at that: vLLM serves on GPUs. Nothing is marked live, since
 * nothing answered.
 */
export function releaseLanguageModel(
  store: LocalStore,
  version: string,
  { deployment }: PipelineDefinition,
): StepResult {
  const { prompts, signature } = VerifiedLanguageModel.fromDirectory(store.version(version));
  const { sequences = 8, tensorParallel = 1 } = deployment.endpoint.generation ?? {};
  const serveWith = [
    ...['vllm', 'serve', join(store.version(version), 'model'), `--max-model-len=${signature.contextTokens}`],
    ...[`--max-num-seqs=${sequences}`, `--tensor-parallel-size=${tensorParallel}`],
  ].join(' ');
  const untried = prompts.prompts.length === 1 ? '1 prompt was' : `${prompts.prompts.length} prompts were`;
  const detail = `version ${version} is verified and registered, but NOT SERVED: vLLM needs a GPU; ${untried} not tried`;
  return { detail, version, serveWith };
}
