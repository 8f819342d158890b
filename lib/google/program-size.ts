import type { FunctionProgram } from '../pipeline';
import { type CloudRunResources, cloudRunResources } from './cloud-run-resources';

/** What a model may have where nobody says how large it is. */
export const DEFAULT_MODEL_MIB = 400;

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

/** What a program needs for a model; nothing where Cloud Run has no such instance. */
export function sizeProgram(program: FunctionProgram, modelMiB: number): CloudRunResources | undefined {
  const resources = cloudRunResources({
    memoryGiB: Math.max(2, Math.ceil((OWN_MIB + COPIES[program] * modelMiB) / 1024)),
  });
  return resources && { ...resources, cpu: Math.max(MIN_CPU, resources.cpu) };
}
