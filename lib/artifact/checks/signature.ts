import type { Issue } from '../../issue';
import type { ModelSignature, TensorSpec } from '../../pipeline/definition';
import type { ModelInfo, ModelValue } from '../onnx/model-info';
import { judged, skipped, type Check } from './check';

/**
 * The model has exactly the declared inputs and outputs. A size that is declared as a number is that
 * number in the model; one that is declared by name varies in the model, under whatever name.
 */
export const signature: Check = {
  id: 'signature',
  title: 'Inputs and outputs are the declared ones',
  after: ['model'],
  run: (subject) => {
    const declared = subject.signatures();
    if (declared.length === 0) return skipped('no signature was declared to hold the model to');
    const model = subject.model();
    const findings = declared.flatMap((wanted) => signatureFindings(wanted, model));
    return judged(findings, 'the model is not what its signature says', describe(declared[0]));
  },
};

/** How a model differs from a signature. */
export function signatureFindings({ inputs, outputs }: ModelSignature, model: ModelInfo): Issue[] {
  return [
    ...compareSide('input', inputs, model.inputs, model.file),
    ...compareSide('output', outputs, model.outputs, model.file),
  ];
}

function compareSide(
  side: 'input' | 'output',
  declared: Readonly<Record<string, TensorSpec>>,
  actual: Readonly<Record<string, ModelValue>>,
  path: string,
): Issue[] {
  const finding = (message: string): Issue => ({
    code: 'signature',
    path,
    message,
    fix: 'correct the signature, or export the model with these inputs and outputs',
  });
  const missing = Object.entries(declared).flatMap(([name, spec]) => {
    const value = Object.hasOwn(actual, name) ? actual[name] : undefined;
    if (!value) return [finding(`has no ${side} "${name}", only ${list(Object.keys(actual))}`)];
    if (fits(spec, value)) return [];
    return [finding(`${side} "${name}" is ${format(value)}, declared is ${format(spec)}`)];
  });
  const extra = Object.keys(actual).filter((name) => !Object.hasOwn(declared, name));
  return [...missing, ...extra.map((name) => finding(`has the ${side} "${name}", which is not declared`))];
}

function fits({ dtype, shape }: TensorSpec, value: ModelValue): boolean {
  if (value.dtype !== dtype || value.shape?.length !== shape.length) return false;
  return value.shape.every((size, index) =>
    typeof size === 'number' ? size === shape[index] : typeof shape[index] === 'string',
  );
}

function format({ dtype, shape }: ModelValue): string {
  return `${dtype} ${shape ? `[${shape.join(', ')}]` : 'of no told shape'}`;
}

function list(names: readonly string[]): string {
  return names.length === 0 ? 'none' : names.map((name) => `"${name}"`).join(', ');
}

function describe(signature: ModelSignature | undefined): string {
  const side = (specs: ModelSignature['inputs'] = {}) =>
    Object.entries(specs)
      .map(([name, spec]) => `${name} ${format(spec)}`)
      .join(', ');
  return `${side(signature?.inputs)} → ${side(signature?.outputs)}`;
}
