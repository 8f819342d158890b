import { throwIssues } from '../issue';
import { isLanguageModel, type MachineRequest, type PipelineDefinition } from '../pipeline/definition';
import { checkLanguageModelFits, type LanguageModelSize, type Load } from './language-model-fit';
import type { Cloud, MachineOf } from './machine';
import { pickMachine, type Where } from './pick-machine';

const GIB = 2 ** 30;

/** What a language model takes of the machine that serves it. */
export interface LanguageModelNeeds {
  readonly size: LanguageModelSize;
  readonly load: Load;
}

/** By the numbers that a definition declares, and that verification holds the model to; `undefined` for a model of tensors. */
export function languageModelNeeds({
  deployment,
  signature,
}: PipelineDefinition): LanguageModelNeeds | undefined {
  if (!isLanguageModel(signature)) return undefined;
  const { attentionHeads, contextTokens, headSize, keyValueHeads = attentionHeads, layers } = signature;
  const { sequences = 8, tensorParallel = 1 } = deployment.endpoint.generation ?? {};
  return {
    size: { weightBytes: signature.weightsGiB * GIB, layers, attentionHeads, keyValueHeads, headSize },
    load: { contextTokens, sequences, tensorParallel },
  };
}

/**
 * The smallest machine that satisfies the request and has as many GPUs as one copy is spread over. All of one
 * kind have the same memory: where this one has too little, so have the larger ones.
 *
 * @throws IssueError where there is none, or its GPUs have not the memory
 */
export function pickMachineForLanguageModel<C extends Cloud>(
  request: MachineRequest,
  { size, load }: LanguageModelNeeds,
  where: Where<C>,
): MachineOf<C> {
  const accelerators = Math.max(request.accelerators ?? 1, load.tensorParallel);
  const machine = pickMachine({ ...request, accelerators }, where);
  throwIssues('machine', checkLanguageModelFits(size, load, machine, where.path ?? 'machine'));
  return machine;
}
