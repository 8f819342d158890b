import { copyFileSync, cpSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { readModel, scanModel, type ModelInfo } from '../artifact';
import { signatureFindings } from '../artifact/checks/signature';
import { WEIGHTS_FILE } from '../artifact/manifest';
import { optimizeModel } from '../artifact/runtime/optimize-model';
import { parseSignature } from '../artifact/signature';
import { throwIssues } from '../issue';
import type { Metrics, ProgramRequest } from './contract';
import { inputOf, outputOf, parameterOf, writeJson } from './support';

/**
 * Bytes of weights that a file of ONNX surely has room for: its format (protobuf) ends at 2 GiB, and folded
 * constants come on top.
 */
export const MAX_WEIGHTS_INSIDE = 1.5 * 2 ** 30;

/**
 * Makes a package of an exported model: the graph optimised by onnxruntime (level `basic`: constants
 * folded, redundant nodes gone, still portable) with its weights inside, or beside it where they are more
 * than `MAX_WEIGHTS_INSIDE`; its signature, its preprocessing and its golden samples.
 *
 * @param maxWeightsInside bytes
 * @throws IssueError when the model is not safe to execute, does not load, or does not have the declared
 * signature
 */
export async function convert(
  request: ProgramRequest,
  maxWeightsInside = MAX_WEIGHTS_INSIDE,
): Promise<Metrics> {
  const signature = parseSignature(parameterOf(request, 'signature'), 'parameters.signature');
  const source = join(inputOf(request, 'onnx'), 'model.onnx');
  const target = outputOf(request, 'model');
  throwIssues('exported model', await scanModel(source));
  const before = readModel(source);
  const weightsFile = weightBytes(before) > maxWeightsInside ? WEIGHTS_FILE : undefined;
  await optimizeModel(source, join(target, 'model.onnx'), weightsFile);
  const after = readModel(join(target, 'model.onnx'));
  throwIssues('converted model', signatureFindings(signature, after));
  writeJson(join(target, 'signature.json'), signature);
  mkdirSync(join(target, 'golden'));
  copyFileSync(join(inputOf(request, 'golden'), 'samples.json'), join(target, 'golden', 'samples.json'));
  copyPreprocessing(request.inputs.preprocessing, join(target, 'preprocessing'));
  return {
    model_bytes_before: totalBytes(before),
    model_bytes: totalBytes(after),
    operators_before: operators(before),
    operators: operators(after),
  };
}

/** Nothing to copy where clients send tensors. */
function copyPreprocessing(source: string | undefined, target: string): void {
  if (source === undefined || !existsSync(join(source, 'preprocessing.json'))) return;
  cpSync(source, target, { recursive: true });
}

function weightBytes({ bytesByDtype }: ModelInfo): number {
  return Object.values(bytesByDtype).reduce((sum, bytes) => sum + bytes, 0);
}

/** Of the file and those beside it. */
function totalBytes({ bytes, externalData }: ModelInfo): number {
  return externalData.reduce((sum, file) => sum + file.bytes, bytes);
}

function operators({ operators: counts }: ModelInfo): number {
  return counts.reduce((sum, { count }) => sum + count, 0);
}
