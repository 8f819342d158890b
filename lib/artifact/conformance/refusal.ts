import type { Issue } from '../../issue';
import type { ModelProto, NodeProto } from '../onnx/onnx_pb';
import { summarizeModel } from '../onnx/summarize';
import { OPSETS } from '../runtime/runtime-version';
import type { RefusalCause } from './result';

export interface Refusal {
  readonly cause: RefusalCause;
  /** What shows it: the runtime's own words where it has any. */
  readonly detail: string;
}

const TRAINING_DOMAIN = 'ai.onnx.preview.training';

/** What the runtime says when it has nothing to run an operator with. */
const BY_WORDS: readonly (readonly [RegExp, RefusalCause])[] = [
  [/is not a registered function\/op/, 'operator-unknown'],
  [/NOT_IMPLEMENTED|Could not find an implementation/, 'no-kernel'],
  [/Failed to construct locale/, 'locale-missing'],
  [/core\/providers\/.*not supported/s, 'option-not-implemented'],
];

/** Operators whose numbers ONNX leaves to the runtime, whatever their seed. */
const RANDOM_OPERATORS: ReadonlySet<string> = new Set([
  'Bernoulli',
  'Multinomial',
  'RandomNormal',
  'RandomNormalLike',
  'RandomUniform',
  'RandomUniformLike',
]);

/** Why the runtime cannot run a model that is right; nothing when it should have. */
export function refusalOf({ code, message }: Issue, model: ModelProto): Refusal | undefined {
  if (code === 'element-type') return { cause: 'type-not-carried', detail: message };
  if (code !== 'model-load' && code !== 'model-run') return undefined;
  const { opsets, operators } = summarizeModel(model);
  const opset = opsets['ai.onnx'];
  const versions = `opset ${opset ?? 'none'}, the runtime has ${OPSETS.min} to ${OPSETS.max}: ${message}`;
  if (opset !== undefined && opset > OPSETS.max)
    return { cause: 'opset-newer-than-runtime', detail: versions };
  if (opset !== undefined && opset < OPSETS.min)
    return { cause: 'opset-older-than-runtime', detail: versions };
  if (operators.some(({ domain }) => domain === TRAINING_DOMAIN)) {
    return { cause: 'training-domain', detail: message };
  }
  const cause = BY_WORDS.find(([words]) => words.test(message))?.[1];
  return cause && { cause, detail: message };
}

/** Why an answer may differ from the recorded one; nothing when it may not. */
export function randomnessOf({ graph }: ModelProto): Refusal | undefined {
  const node = graph?.node.find(isRandom);
  return node && { cause: 'random', detail: `${node.opType} draws numbers that ONNX leaves to the runtime` };
}

/** A Dropout draws numbers when it is told that it is in training. */
function isRandom({ opType, domain, input }: NodeProto): boolean {
  if (domain !== '' && domain !== 'ai.onnx') return false;
  return RANDOM_OPERATORS.has(opType) || (opType === 'Dropout' && (input[2] ?? '') !== '');
}
