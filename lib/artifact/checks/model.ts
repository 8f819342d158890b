import type { Issue } from '../../issue';
import { DTYPES } from '../../pipeline/definition/model';
import type { ModelInfo } from '../onnx/model-info';
import { IR_VERSIONS, OPSETS } from '../runtime/runtime-version';
import { count, judged, type Check } from './check';

/** The file is an ONNX model of versions and element types that the serving runtime knows. */
export const model: Check = {
  id: 'model',
  title: 'The file is an ONNX model of a version the serving runtime knows',
  after: [],
  blocksExecution: true,
  run: (subject) => {
    const info = subject.model();
    const used = Object.entries(info.opsets).filter(([domain]) => usesDomain(info, domain));
    const opsets = used.map(([domain, version]) => `${domain} ${version}`);
    const size = `${count(info.initializers, 'initialiser')}, ${count(info.parameters, 'parameter')}`;
    return judged(
      [...sizeFindings(info), ...versionFindings(info), ...typeFindings(info)],
      'the serving runtime (onnxruntime 1.30) cannot run it',
      `IR ${info.irVersion}, ${opsets.join(', ')}, ${size}`,
    );
  },
};

/** A protocol buffer, and so a file that onnxruntime loads, cannot be larger. */
const MAX_BYTES = 2 ** 31 - 1;

function sizeFindings({ file, bytes }: ModelInfo): Issue[] {
  if (bytes <= MAX_BYTES) return [];
  const message = `has ${bytes} bytes; the runtime takes ${MAX_BYTES}`;
  const fix = 'store the weights as external data beside the model';
  return [{ code: 'file-size', path: file, message, fix }];
}

/** onnxruntime writes every domain it knows into a file it optimised. */
function usesDomain({ operators }: ModelInfo, domain: string): boolean {
  return operators.some((operator) => operator.domain === domain);
}

function versionFindings({ file, irVersion, opsets }: ModelInfo): Issue[] {
  const opset = opsets['ai.onnx'];
  return [
    ...range('ir-version', file, 'IR version', irVersion, IR_VERSIONS),
    ...(opset === undefined ? [] : range('opset', file, 'opset', opset, OPSETS)),
  ];
}

function range(
  code: string,
  path: string,
  what: string,
  version: number,
  { min, max }: { readonly min: number; readonly max: number },
): Issue[] {
  if (version >= min && version <= max) return [];
  const message = `has ${what} ${version}; the runtime takes ${min} to ${max}`;
  return [{ code, path, message, fix: 'export the model with opset 18' }];
}

function typeFindings({ file, inputs, outputs }: ModelInfo): Issue[] {
  const known: readonly string[] = DTYPES;
  const values = [
    ...Object.entries(inputs).map(([name, { dtype }]) => [`input "${name}"`, dtype] as const),
    ...Object.entries(outputs).map(([name, { dtype }]) => [`output "${name}"`, dtype] as const),
  ];
  return values
    .filter(([, dtype]) => !known.includes(dtype))
    .map(([what, dtype]) => ({
      code: 'element-type',
      path: file,
      message: `${what} is of type ${dtype}, which the runtime cannot exchange; allowed: ${DTYPES.join(', ')}`,
      fix: 'cast it inside the model and export again',
    }));
}
