import type { Dimension } from '../../pipeline/definition';
import { elementTypeName } from './element-types';
import type { ExternalFile, ModelSummary, ModelValue, OperatorCount } from './model-info';
import type { GraphProto, ModelProto, TypeProto, ValueInfoProto } from './onnx_pb';
import { domainName, functionName, scopesOf } from './scopes';
import {
  elementCountOf,
  externalEntry,
  isExternal,
  tensorBytes,
  tensorsOf,
  type LocatedTensor,
} from './tensors';

/** What a decoded model holds, in the words of `ModelSummary`. */
export function summarizeModel(model: ModelProto): ModelSummary {
  const tensors = tensorsOf(model);
  return {
    irVersion: Number(model.irVersion),
    producer: [model.producerName, model.producerVersion].filter(Boolean).join(' '),
    opsets: opsets(model),
    inputs: values(graphInputs(model.graph)),
    outputs: values(model.graph?.output ?? []),
    operators: operatorCounts(model),
    functions: model.functions.map(functionName).sort(),
    initializers: tensors.filter(({ role }) => role === 'initializer').length,
    parameters: tensors.reduce((sum, { tensor }) => sum + elementCountOf(tensor), 0),
    bytesByDtype: bytesByDtype(tensors),
    externalData: externalFiles(tensors),
  };
}

function operatorCounts(model: ModelProto): OperatorCount[] {
  const operators = new Map<string, OperatorCount>();
  for (const { domain, opType } of scopesOf(model).flatMap(({ nodes }) => nodes)) {
    const key = `${domainName(domain)}::${opType}`;
    const count = (operators.get(key)?.count ?? 0) + 1;
    operators.set(key, { domain: domainName(domain), name: opType, count });
  }
  return [...operators.values()].sort(byFrequency);
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

function bytesByDtype(tensors: readonly LocatedTensor[]): Record<string, number> {
  const bytes = new Map<string, number>();
  for (const { tensor } of tensors) {
    const name = elementTypeName(tensor.dataType);
    bytes.set(name, (bytes.get(name) ?? 0) + tensorBytes(tensor));
  }
  return Object.fromEntries(bytes);
}

function externalFiles(tensors: readonly LocatedTensor[]): ExternalFile[] {
  const files = new Map<string, ExternalFile>();
  for (const { tensor } of tensors.filter((located) => isExternal(located.tensor))) {
    const location = externalEntry(tensor, 'location') ?? '';
    const known = files.get(location) ?? { location, tensors: 0, bytes: 0 };
    const length = externalEntry(tensor, 'length') ?? tensorBytes(tensor);
    const end = Number(externalEntry(tensor, 'offset') ?? 0) + Number(length);
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
