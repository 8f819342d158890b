import type { ModelInfo } from '../onnx/model-info';
import { concatBatch, sliceBatch } from '../tensor-batch';
import type { Tensor } from '../tensor';
import type { Subject } from '../subject';
import { count, judged, skipped, type Check } from './check';
import { differences, type Pair } from './differences';

/** Samples of one batch; more are tried in several batches. */
const BATCH_SIZE = 64;

/** Operators that take the scale of their input from all of it, and so from every sample of a batch. */
const DYNAMIC_QUANTIZATION = ['DynamicQuantizeLinear', 'DynamicQuantizeMatMul', 'DynamicQuantizeLSTM'];

/** A sample's answer does not depend on the samples it shares a batch with. */
export const batch: Check = {
  id: 'batch',
  title: 'A batch gives the same answers as its samples one by one',
  after: ['run'],
  run: async (subject) => {
    const { inputs, operators } = subject.model();
    const fixed = Object.entries(inputs).find(([, { shape }]) => typeof shape?.[0] !== 'string');
    if (fixed) return skipped(`the first size of input "${fixed[0]}" does not vary: there are no batches`);
    const pairs = await runBatches(subject);
    const fix = 'look for an operator that mixes samples: a wrong axis, or normalisation over the batch';
    const { findings, maxAbsolute, data } = differences(pairs, subject.tolerance, 'batch', fix);
    const measured = `largest difference ${maxAbsolute.toPrecision(3)}`;
    const dynamic = operators.find(({ name }) => DYNAMIC_QUANTIZATION.includes(name));
    if (findings.length > 0 && dynamic && Number.isFinite(maxAbsolute)) {
      return skipped(
        `measured, not judged: ${dynamic.name} takes its scale from the whole batch, so answers depend ` +
          `on their neighbours; ${measured}. Quantise with method "static" to avoid it`,
        data,
      );
    }
    return judged(
      findings,
      'answers depend on the rest of the batch',
      `${count(pairs.length, 'sample')}, ${measured}`,
      data,
    );
  },
};

async function runBatches(subject: Subject): Promise<Pair[]> {
  const samples = subject.golden()?.samples ?? [];
  const answers = await subject.answers();
  const process = await subject.process();
  const batched = batchedOutputs(subject.model());
  const pairs: Pair[] = [];
  for (let start = 0; start < samples.length; start += BATCH_SIZE) {
    const chunk = samples.slice(start, start + BATCH_SIZE);
    const outputs = await process.run(joinTensors(chunk.map(({ tensors }) => tensors)));
    chunk.forEach(({ id }, index) => {
      const single = answers[start + index]?.outputs ?? {};
      const expected = pick(single, batched);
      const rows = Object.entries(pick(outputs, batched)).map(([name, tensor]) => {
        const perSample = (single[name]?.shape[0] ?? 1) * index;
        return [name, sliceBatch(tensor, perSample, perSample + (single[name]?.shape[0] ?? 1))] as const;
      });
      pairs.push({ id, expected, actual: Object.fromEntries(rows) });
    });
  }
  return pairs;
}

/** Outputs whose first size varies: those with a row per sample. */
function batchedOutputs({ outputs }: ModelInfo): string[] {
  return Object.keys(outputs).filter((name) => typeof outputs[name]?.shape?.[0] === 'string');
}

function joinTensors(feeds: readonly Readonly<Record<string, Tensor>>[]): Record<string, Tensor> {
  const names = Object.keys(feeds[0] ?? {});
  const joined = names.map(
    (name) =>
      [name, concatBatch(feeds.map((feed) => feed[name]).filter((tensor) => tensor !== undefined))] as const,
  );
  return Object.fromEntries(joined);
}

function pick(tensors: Readonly<Record<string, Tensor>>, names: readonly string[]): Record<string, Tensor> {
  return Object.fromEntries(Object.entries(tensors).filter(([name]) => names.includes(name)));
}
