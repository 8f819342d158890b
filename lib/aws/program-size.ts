import { Size } from 'aws-cdk-lib/core';
import type { FunctionProgram } from '../pipeline';

/** What a model may have where nobody says how large it is. */
export const DEFAULT_MODEL_SIZE = Size.mebibytes(400);

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

export interface ProgramSize {
  readonly memory: Size;
  readonly ephemeralStorage: Size;
  /** Whether a Lambda function can have that much. */
  readonly fitsLambda: boolean;
}

/** What a program needs for a model. */
export function sizeProgram(program: FunctionProgram, modelSize: Size): ProgramSize {
  const model = modelSize.toMebibytes();
  const { memory, disk } = COPIES[program];
  const needed = Math.max(MIN_MEMORY_MEBIBYTES, OWN_MEMORY_MEBIBYTES + memory * model);
  const room = OWN_DISK_MEBIBYTES + disk * model;
  return {
    memory: Size.mebibytes(needed),
    ephemeralStorage: Size.mebibytes(room),
    fitsLambda: needed <= MAX_MEBIBYTES && room <= MAX_MEBIBYTES,
  };
}
