import type { Dimension } from '../../pipeline/definition';
import { elementBytes, elementTypeName } from './element-types';
import type { ExternalFile, ModelSummary, ModelValue, OperatorCount } from './model-info';
import type {
  FunctionProto,
  GraphProto,
  ModelProto,
  TensorProto,
  TypeProto,
  ValueInfoProto,
} from './onnx_pb';
import { walkModel } from './walk';

const EXTERNAL = 1;

/** What a decoded model holds, in the words of `ModelSummary`. */
export function summarizeModel(model: ModelProto): ModelSummary {
  const initializers: TensorProto[] = [];
  const tensors: TensorProto[] = [];
  const operators = new Map<string, OperatorCount>();
  walkModel(model, {
    node: ({ domain, opType }) => {
      const key = `${domainName(domain)}::${opType}`;
      const count = (operators.get(key)?.count ?? 0) + 1;
      operators.set(key, { domain: domainName(domain), name: opType, count });
    },
    initializer: (tensor) => {
      initializers.push(tensor);
      tensors.push(tensor);
    },
    attribute: (tensor) => tensors.push(tensor),
  });
  return {
    irVersion: Number(model.irVersion),
    producer: [model.producerName, model.producerVersion].filter(Boolean).join(' '),
    opsets: opsets(model),
    inputs: values(graphInputs(model.graph)),
    outputs: values(model.graph?.output ?? []),
    operators: [...operators.values()].sort(byFrequency),
    functions: model.functions.map(functionName).sort(),
    initializers: initializers.length,
    parameters: initializers.reduce((sum, { dims }) => sum + elements(dims), 0),
    bytesByDtype: bytesByDtype(initializers),
    externalData: externalFiles(tensors),
  };
}

function domainName(domain: string): string {
  return domain || 'ai.onnx';
}

function functionName({ domain, name }: FunctionProto): string {
  return `${domainName(domain)}::${name}`;
}

/** The highest version of each domain that the model or one of its functions imports. */
function opsets(model: ModelProto): Record<string, number> {
  const versions = new Map<string, number>();
  for (const { domain, version } of [model, ...model.functions].flatMap(({ opsetImport }) => opsetImport)) {
    const name = domainName(domain);
    versions.set(name, Math.max(versions.get(name) ?? 0, Number(version)));
  }
  return Object.fromEntries(versions);
}

/** Files of IR version 3 list initialisers among the inputs; no client feeds those. */
function graphInputs(graph: GraphProto | undefined): ValueInfoProto[] {
  const stored = new Set(graph?.initializer.map(({ name }) => name));
  return graph?.input.filter(({ name }) => !stored.has(name)) ?? [];
}

function values(infos: readonly ValueInfoProto[]): Record<string, ModelValue> {
  return Object.fromEntries(infos.map(({ name, type }) => [name, value(type)]));
}

function value(type: TypeProto | undefined): ModelValue {
  if (type?.value.case !== 'tensorType') {
    return { dtype: type?.value.case?.replace(/Type$/, '') ?? 'unknown' };
  }
  const { elemType, shape } = type.value.value;
  return { dtype: elementTypeName(elemType), shape: shape?.dim.map(({ value: size }) => dimension(size)) };
}

function dimension(size: { case?: 'dimValue' | 'dimParam'; value?: bigint | string }): Dimension {
  if (typeof size.value === 'bigint' && size.value >= 0n) return Number(size.value);
  return (typeof size.value === 'string' && size.value) || '?';
}

function elements(dims: readonly bigint[]): number {
  return dims.reduce((product, size) => product * Number(size), 1);
}

function bytesByDtype(tensors: readonly TensorProto[]): Record<string, number> {
  const bytes = new Map<string, number>();
  for (const { dataType, dims } of tensors) {
    const name = elementTypeName(dataType);
    bytes.set(name, (bytes.get(name) ?? 0) + elementBytes(dataType, elements(dims)));
  }
  return Object.fromEntries(bytes);
}

function externalFiles(tensors: readonly TensorProto[]): ExternalFile[] {
  const files = new Map<string, ExternalFile>();
  for (const tensor of tensors.filter(({ dataLocation }) => dataLocation === EXTERNAL)) {
    const entry = (key: string) => tensor.externalData.find((pair) => pair.key === key)?.value;
    const location = entry('location') ?? '';
    const known = files.get(location) ?? { location, tensors: 0, bytes: 0 };
    const length = entry('length') ?? elementBytes(tensor.dataType, elements(tensor.dims));
    const end = Number(entry('offset') ?? 0) + Number(length);
    files.set(location, { location, tensors: known.tensors + 1, bytes: Math.max(known.bytes, end) });
  }
  return [...files.values()];
}

function byFrequency(a: OperatorCount, b: OperatorCount): number {
  return b.count - a.count || compareText(`${a.domain}::${a.name}`, `${b.domain}::${b.name}`);
}

/** By code unit: the same order on every machine, whatever its locale. */
function compareText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
