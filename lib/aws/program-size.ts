import { Size } from 'aws-cdk-lib/core';
import { type FunctionProgram, isLanguageModel, type Json, type PipelineDefinition } from '../pipeline';
import { DEFAULT_VOLUME_GIB } from './job';

/** What a model may have where nobody says how large it is. */
export const DEFAULT_MODEL_SIZE = Size.mebibytes(400);

/** What a definition declares of its model's size; `undefined` where it declares nothing. */
export function declaredSize({ signature }: PipelineDefinition): Size | undefined {
  if (!isLanguageModel(signature)) return undefined;
  return Size.mebibytes(Math.ceil(signature.weightsGiB * MEBIBYTES_PER_GIBIBYTE));
}

const MEBIBYTES_PER_GIBIBYTE = 1_024;

/** docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html: both memory and `/tmp`. */
const MAX_MEBIBYTES = 10_240;
/** One processor of its own: docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html */
const MIN_MEMORY_MEBIBYTES = 1_769;

/** Node.js and the runtime, and what is not the model. */
const OWN_MEMORY_MEBIBYTES = 1_024;
const OWN_DISK_MEBIBYTES = 512;

/**
 * How many times a program holds the model in memory and on disk. Uploads hold a file in memory; onnxruntime
 * holds the weights while it rewrites them; `register` has the package, the version, what is packed, and the
 * archive.
 */
const COPIES: Readonly<Record<FunctionProgram, { readonly memory: number; readonly disk: number }>> = {
  convert: { memory: 4, disk: 2 },
  verify: { memory: 4, disk: 1 },
  register: { memory: 2, disk: 4 },
  baseline: { memory: 3, disk: 1 },
};

/** A language model is read and sent piece by piece: eight files at once, in parts of 256 MiB. */
const MAX_PIECES_MEBIBYTES = 2_048;

/** A program, and what it is told. */
export interface SizedProgram {
  readonly program: FunctionProgram;
  readonly parameters: Readonly<Record<string, Json>>;
}

export interface ProgramSize {
  readonly memory: Size;
  readonly ephemeralStorage: Size;
  /** Whether a Lambda function can have that much. */
  readonly fitsLambda: boolean;
}

/** What a program needs for a model. */
export function sizeProgram({ program, parameters }: SizedProgram, modelSize: Size): ProgramSize {
  const model = modelSize.toMebibytes();
  const { memory, disk } = takesPrompts(parameters)
    ? ofLanguageModel(program, model)
    : ofPackage(program, model);
  const needed = Math.max(MIN_MEMORY_MEBIBYTES, OWN_MEMORY_MEBIBYTES + memory);
  const room = OWN_DISK_MEBIBYTES + disk;
  return {
    memory: Size.mebibytes(needed),
    ephemeralStorage: Size.mebibytes(room),
    fitsLambda: needed <= MAX_MEBIBYTES && room <= MAX_MEBIBYTES,
  };
}

/** Beside the model: the framework, the data, and what a job writes. */
const JOB_OWN_GIBIBYTES = 30;

/** Disk of a job that reads a model, trains it, and writes it: in GiB, at least what any job has. */
export function jobVolumeGiB(modelSize: Size): number {
  const room = JOB_OWN_GIBIBYTES + (3 * modelSize.toMebibytes()) / MEBIBYTES_PER_GIBIBYTE;
  return Math.max(DEFAULT_VOLUME_GIB, Math.ceil(room));
}

interface Mebibytes {
  readonly memory: number;
  readonly disk: number;
}

function ofPackage(program: FunctionProgram, model: number): Mebibytes {
  const { memory, disk } = COPIES[program];
  return { memory: memory * model, disk: disk * model };
}

/** Nothing of a language model is converted or packed; `register` has it, and the version of it. */
function ofLanguageModel(program: FunctionProgram, model: number): Mebibytes {
  return { memory: Math.min(model, MAX_PIECES_MEBIBYTES), disk: program === 'register' ? 2 * model : model };
}

/** Whether the program works on a language model: its signature has a task in place of tensors. */
function takesPrompts({ signature }: SizedProgram['parameters']): boolean {
  return typeof signature === 'object' && signature !== null && 'task' in signature;
}
