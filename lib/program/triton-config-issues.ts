import type { Issue } from '../issue';
import type { ModelSignature, TensorSpec } from '../pipeline/definition';
import { parseTextProto, type TextMessage, type TextValue } from './parse-text-proto';
import { DATA_TYPES } from './triton-types';

/**
 * How a `config.pbtxt` of NVIDIA Triton differs from a signature: the tensors it names, their types and
 * sizes, and whether Triton may own the first dimension, as `max_batch_size` over 0 has it.
 *
 * @param path names the file in issues
 * @throws IssueError when the text is not of protobuf's text format
 */
export function tritonConfigIssues(text: string, signature: ModelSignature, path = 'config.pbtxt'): Issue[] {
  const config = parseTextProto(text, path);
  const batched = Number(single(config, 'max_batch_size') ?? 0) > 0;
  const specs = [...Object.values(signature.inputs), ...Object.values(signature.outputs)];
  const unbatched = batched && specs.some(({ shape }) => typeof shape[0] !== 'string');
  const messages = [
    ...(unbatched ? ['has a max_batch_size over 0, but the first size of a tensor does not vary'] : []),
    ...sideProblems('input', messagesOf(config, 'input'), signature.inputs, batched),
    ...sideProblems('output', messagesOf(config, 'output'), signature.outputs, batched),
  ];
  const fix = 'derive it from the signature again';
  return messages.map((message) => ({ code: 'triton-config', path, message, fix }));
}

function sideProblems(
  side: string,
  tensors: readonly TextMessage[],
  specs: Readonly<Record<string, TensorSpec>>,
  batched: boolean,
): string[] {
  const configured = new Map(tensors.map((tensor) => [single(tensor, 'name'), tensor] as const));
  const wrong = Object.entries(specs).flatMap(([name, { dtype, shape }]) => {
    const tensor = configured.get(name);
    if (!tensor) return [`has no ${side} "${name}"`];
    const sizes = (batched ? shape.slice(1) : shape).map((size) => (typeof size === 'number' ? size : -1));
    const wanted = `${DATA_TYPES[dtype]} [${sizes.join(', ')}]`;
    const actual = `${single(tensor, 'data_type') ?? 'no type'} [${sizesOf(tensor).join(', ')}]`;
    return actual === wanted ? [] : [`${side} "${name}" is ${actual}, by the signature ${wanted}`];
  });
  const extra = [...configured.keys()].filter((name) => !Object.hasOwn(specs, name ?? ''));
  return [
    ...wrong,
    ...extra.map((name) => `has the ${side} "${name ?? ''}", which the signature does not have`),
  ];
}

/** Sizes the model is given: `reshape` where there is one, else `dims`. */
function sizesOf(tensor: TextMessage): string[] {
  const [reshape] = messagesOf(tensor, 'reshape');
  return texts(reshape ? reshape.get('shape') : tensor.get('dims'));
}

function single(message: TextMessage, field: string): string | undefined {
  return texts(message.get(field)).at(-1);
}

function texts(values: readonly TextValue[] = []): string[] {
  return values.filter((value) => typeof value === 'string');
}

function messagesOf(message: TextMessage, field: string): TextMessage[] {
  return (message.get(field) ?? []).filter((value) => typeof value !== 'string');
}
