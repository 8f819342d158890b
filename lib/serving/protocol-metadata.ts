import type { Issue } from '../issue';
import type { ModelSignature, TensorSpec } from '../pipeline/definition';
import { isObject } from '../artifact/json-file';
import { datatypeOf } from './datatypes';

/**
 * How the metadata that a server gives for a model (Open Inference Protocol, `GET /v2/models/<name>`)
 * differs from a signature; a size that varies is −1 there.
 *
 * @param path names the metadata in issues: the URL
 */
export function protocolMetadataIssues(metadata: unknown, signature: ModelSignature, path: string): Issue[] {
  const side = (name: string) => (isObject(metadata) ? metadata[name] : undefined);
  const messages = [
    ...sideProblems('input', side('inputs'), signature.inputs),
    ...sideProblems('output', side('outputs'), signature.outputs),
  ];
  const fix = 'serve the model that the signature is of';
  return messages.map((message) => ({ code: 'protocol-metadata', path, message, fix }));
}

function sideProblems(side: string, tensors: unknown, specs: Readonly<Record<string, TensorSpec>>): string[] {
  if (!Array.isArray(tensors)) return [`tells no ${side}s`];
  const told = new Map(tensors.filter(isObject).map((tensor) => [String(tensor.name), tensor] as const));
  const wrong = Object.entries(specs).flatMap(([name, { dtype, shape }]) => {
    const tensor = told.get(name);
    if (!tensor) return [`has no ${side} "${name}"`];
    const sizes = shape.map((size) => (typeof size === 'number' ? size : -1));
    const wanted = `${datatypeOf(dtype)} [${sizes.join(', ')}]`;
    const actual = `${String(tensor.datatype)} [${Array.isArray(tensor.shape) ? tensor.shape.join(', ') : ''}]`;
    return actual === wanted ? [] : [`${side} "${name}" is ${actual}, by the signature ${wanted}`];
  });
  const extra = [...told.keys()].filter((name) => !Object.hasOwn(specs, name));
  return [...wrong, ...extra.map((name) => `has the ${side} "${name}", which the signature does not have`)];
}
