import { type FunctionProgram, isLanguageModel, type Json, type PipelineDefinition } from '../pipeline';
import { type CloudRunResources, cloudRunResources } from './cloud-run-resources';

/** What a model may have where nobody says how large it is. */
export const DEFAULT_MODEL_MIB = 400;

const MIB_PER_GIB = 1024;

/** What a definition declares of its model's size, in MiB; `undefined` where it declares nothing. */
export function declaredMiB({ signature }: PipelineDefinition): number | undefined {
  return isLanguageModel(signature) ? Math.ceil(signature.weightsGiB * MIB_PER_GIB) : undefined;
}

/** Node.js and the runtime, and what is not the model. */
const OWN_MIB = 1024;
/** One for the program, one for the runtime. */
const MIN_CPU = 2;

/**
 * How many times a program holds the model, in the runtime and as files of its own: the disk of a Cloud Run
 * instance is its memory. onnxruntime holds the weights while it rewrites them; `register` has the version,
 * what is packed, and the archive.
 */
const COPIES: Readonly<Record<FunctionProgram, number>> = { convert: 5, verify: 4, register: 4, baseline: 3 };

/** A language model is read from the mounted store piece by piece; beside the weights lie a vocabulary and the like. */
const PIECES_MIB = 1024;

/** A program, and what it is told. */
export interface SizedProgram {
  readonly program: FunctionProgram;
  readonly parameters: Readonly<Record<string, Json>>;
}

/** What a program needs for a model; nothing where Cloud Run has no such instance. */
export function sizeProgram(
  { parameters, program }: SizedProgram,
  modelMiB: number,
): CloudRunResources | undefined {
  const needed = takesPrompts(parameters) ? ofLanguageModel(program, modelMiB) : COPIES[program] * modelMiB;
  const resources = cloudRunResources({
    memoryGiB: Math.max(2, Math.ceil((OWN_MIB + needed) / MIB_PER_GIB)),
  });
  return resources && { ...resources, cpu: Math.max(MIN_CPU, resources.cpu) };
}

/** `register` has a copy, the version; nothing of a language model is converted or packed. */
function ofLanguageModel(program: FunctionProgram, modelMiB: number): number {
  return PIECES_MIB + (program === 'register' ? modelMiB : 0);
}

/** Whether the program works on a language model: its signature has a task in place of tensors. */
function takesPrompts({ signature }: SizedProgram['parameters']): boolean {
  return typeof signature === 'object' && signature !== null && 'task' in signature;
}
