/** Entry of the child process that runs TensorFlow Lite models: the only place that loads LiteRT. */
import type { CompiledModel, Tensor as LiteRtTensor } from '@litertjs/core';
import { readFileSync } from 'node:fs';
import { IssueError } from '../../issue';
import { answerParent } from '../parity/answer-parent';
import type { ReplyOf } from '../parity/child-messages';
import type { RuntimeSpec } from '../runtime/model-process';
import type { Tensor } from '../tensor';
import { loadLiteRt, type LiteRt } from './litert';

type TensorDetails = ReturnType<CompiledModel['getInputDetails']>[number];

let litert: LiteRt | undefined;
let model: CompiledModel | undefined;
/** What the runtime only logs: after an error it goes on, and answers with whatever is in memory. */
const errors: string[] = [];

console.info = console.log = console.warn = () => undefined;
console.error = (...words: unknown[]) => {
  if (String(words[0]).startsWith('ERROR')) errors.push(words.join(' '));
};

answerParent((request) => {
  if (request.kind === 'load') return load(request.file);
  if (request.kind === 'run') return run(request.feeds);
  throw new Error('LiteRT records no profile');
});

async function load(file: string): Promise<ReplyOf<'loaded'>> {
  litert ??= await loadLiteRt();
  try {
    model = await litert.loadAndCompile(readFileSync(file), { accelerator: 'wasm' });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw refusedType(file, message) ?? new Error([message, ...errors].join('; '), { cause: error });
  }
  return { kind: 'loaded', inputs: specs(model.getInputDetails()), outputs: specs(model.getOutputDetails()) };
}

async function run(feeds: Readonly<Record<string, Tensor>>): Promise<ReplyOf<'answered'>> {
  if (!litert || !model) throw new Error('no model is loaded');
  const { Tensor: Buffer } = litert;
  errors.length = 0;
  const inputs = model.getInputDetails().map((details) => {
    const { data, shape } = fittingFeed(details, feeds[details.name]);
    return new Buffer(data as Float32Array, [...shape]);
  });
  const results = await model.run(inputs);
  if (errors.length > 0) throw new Error(errors.join('; '));
  const outputs = await Promise.all(
    model
      .getOutputDetails()
      .map(async ({ name }, index) => [name, await toTensor(name, results[index])] as const),
  );
  for (const tensor of [...inputs, ...results]) tensor.delete();
  return { kind: 'answered', outputs: Object.fromEntries(outputs) };
}

function specs(details: readonly TensorDetails[]): Record<string, RuntimeSpec> {
  return Object.fromEntries(details.map(({ name, dtype, shape }) => [name, { dtype, shape: [...shape] }]));
}

/** The runtime itself does not check sizes: it reads beyond what it was given. */
function fittingFeed({ name, dtype, shape }: TensorDetails, feed: Tensor | undefined): Tensor {
  if (feed?.dtype === dtype && feed.shape.join() === shape.join()) return feed;
  const given = feed ? `${feed.dtype} [${feed.shape.join(', ')}]` : 'missing';
  throw new Error(`input "${name}" is ${given}, the model takes ${dtype} [${shape.join(', ')}]`);
}

async function toTensor(name: string, result: LiteRtTensor | undefined): Promise<Tensor> {
  if (!result) throw new Error(`there is no output "${name}"`);
  const { dtype, layout } = result.type;
  return { dtype, shape: [...layout.dimensions], data: await result.data() };
}

/** The WebAssembly build exchanges three element types and refuses a model with any other. */
function refusedType(path: string, reason: string): IssueError | undefined {
  const type = /^Element type (\w+) is not supported/.exec(reason)?.[1];
  if (type === undefined) return undefined;
  const message =
    `has inputs or outputs of type ${type.toLowerCase()}; ` +
    'LiteRT exchanges float32, int32 and uint8 outside of Python';
  const fix =
    'convert it with float inputs and outputs, or compare it with the Python package ai-edge-litert';
  return new IssueError('model', [{ code: 'element-type', path, message, fix }]);
}
