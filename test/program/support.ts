import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Json, ModelSignature } from '../../lib/pipeline/definition';
import type { ProgramRequest } from '../../lib/program';
import { FIXTURES, temporaryDirectory } from '../artifact/support';

export const PACKAGE = join(FIXTURES, 'packages', 'spam-filter');

export const SIGNATURE = {
  inputs: { tokens: { dtype: 'int64', shape: ['batch', 256] } },
  outputs: { probability: { dtype: 'float32', shape: ['batch', 1] } },
} as const satisfies ModelSignature;

export const EXPORTED = {
  onnx: join(PACKAGE, 'onnx'),
  golden: join(PACKAGE, 'golden'),
  preprocessing: join(PACKAGE, 'preprocessing'),
};

/** A request whose outputs are new, empty directories. */
export function requestOf(
  program: string,
  parameters: Record<string, Json>,
  inputs: Record<string, string>,
  outputNames: readonly string[],
): ProgramRequest {
  const root = temporaryDirectory();
  const outputs = Object.fromEntries([...outputNames, 'metrics'].map((name) => [name, join(root, name)]));
  for (const directory of Object.values(outputs)) mkdirSync(directory);
  return { schemaVersion: 1, program, step: program, parameters, inputs, outputs };
}

export function convertRequest(
  inputs: Record<string, string> = EXPORTED,
  signature: ModelSignature = SIGNATURE,
): ProgramRequest {
  return requestOf('convert', { signature: signature as unknown as Json, runtime: 'onnx' }, inputs, [
    'model',
  ]);
}

export function verifyRequest(model: string): ProgramRequest {
  return requestOf(
    'verify',
    { signature: SIGNATURE, tolerance: { absolute: 1e-4, relative: 0 } },
    { model },
    ['report'],
  );
}

export function registerRequest(model: string, report: string, runtime = 'onnx'): ProgramRequest {
  const evaluation = temporaryDirectory();
  writeFileSync(join(evaluation, 'metrics.json'), '{"accuracy": 0.98}\n');
  return requestOf('register', { pipeline: 'spam-filter', runtime }, { model, report, evaluation }, [
    'version',
  ]);
}

/** Path of an output directory. */
export function output({ outputs }: ProgramRequest, name: string): string {
  return outputs[name] ?? '';
}
