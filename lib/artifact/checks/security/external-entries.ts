import type { Issue } from '../../../issue';
import type { TensorProto } from '../../onnx/onnx_pb';
import { externalEntry, isExternal, tensorBytes, tensorsOf } from '../../onnx/tensors';
import type { Rule } from './rule';

/** All that the ONNX specification knows; readers have set attributes of their own from others. */
const KEYS = ['location', 'offset', 'length', 'checksum'];

/** External data is told by the keys of the specification, once each, and fits the tensor. */
export const externalEntries: Rule = ({ file, model }) =>
  tensorsOf(model)
    .filter(({ tensor }) => isExternal(tensor) || tensor.externalData.length > 0)
    .flatMap(({ tensor, where }) => [
      ...keyProblems(tensor).map((message) => issue('external-key', file, `${where} ${message}`)),
      ...rangeProblems(tensor).map((message) => issue('external-range', file, `${where} ${message}`)),
    ]);

function keyProblems(tensor: TensorProto): string[] {
  const keys = tensor.externalData.map(({ key }) => key);
  const seen = new Set<string>();
  return [
    ...keys
      .filter((key) => !KEYS.includes(key))
      .map((key) => `has the external-data key "${key}"; allowed: ${KEYS.join(', ')}`),
    ...keys
      .filter((key) => seen.has(key) || !seen.add(key))
      .map((key) => `has the external-data key "${key}" more than once`),
    ...(isExternal(tensor) ? [] : ['names external data but is not stored there']),
  ];
}

function rangeProblems(tensor: TensorProto): string[] {
  const problems = ['offset', 'length'].flatMap((key) => {
    const value = externalEntry(tensor, key);
    if (value === undefined || (/^\d+$/.test(value) && Number.isSafeInteger(Number(value)))) return [];
    return [`has the external-data ${key} "${value}"; allowed is a count of bytes`];
  });
  const length = externalEntry(tensor, 'length');
  const needed = tensorBytes(tensor);
  if (problems.length > 0 || length === undefined || Number(length) === needed) return problems;
  return [`has external data of ${length} bytes; its shape needs ${needed}`];
}

function issue(code: string, path: string, message: string): Issue {
  return {
    code,
    path,
    message,
    fix: 'save the model again with a current exporter; the entry is damaged or forged',
  };
}
