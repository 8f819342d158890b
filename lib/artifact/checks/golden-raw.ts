import type { Issue } from '../../issue';
import type { GoldenSample } from '../golden';
import { attempt } from '../json-file';
import { sameBits } from '../same-bits';
import type { Tensor } from '../tensor';
import { count, judged, skipped, type Check } from './check';
import { differences, type Pair } from './differences';

type Tensors = Readonly<Record<string, Tensor>>;

/** From the raw input on, preprocessing gives the recorded tensors and the model the recorded answers. */
export const goldenRaw: Check = {
  id: 'golden-raw',
  title: 'From raw input it gives the recorded tensors and answers',
  after: ['run'],
  run: async (subject) => {
    const preprocessing = subject.preprocessing();
    if (!preprocessing) return skipped('there is no preprocessing beside the model: clients send tensors');
    const samples = subject.golden()?.samples ?? [];
    const process = await subject.process();
    const tensorFindings: Issue[] = [];
    const pairs: Pair[] = [];
    for (const sample of samples) {
      const refused: Issue[] = [];
      const tensors = attempt(refused, () => preprocessing.encode([sample.input]));
      tensorFindings.push(
        ...refused.map((issue) => ({ ...issue, path: `sample "${sample.id}": ${issue.path}` })),
      );
      if (!tensors) continue;
      tensorFindings.push(...tensorDifferences(sample, tensors));
      pairs.push({ id: sample.id, expected: sample.outputs, actual: await process.run(tensors) });
    }
    const fix = 'make preprocessing.json and its files say what the training code did';
    const answers = differences(pairs, subject.tolerance, 'golden-raw', fix);
    return judged(
      [...tensorFindings, ...answers.findings],
      'raw input does not lead to what was recorded',
      `${count(samples.length, 'sample')}, tensors identical`,
      answers.data,
    );
  },
};

function tensorDifferences({ id, tensors }: GoldenSample, encoded: Tensors): Issue[] {
  return Object.entries(tensors).flatMap(([name, recorded]) => {
    const actual = encoded[name];
    if (actual && sameBits(actual, recorded)) return [];
    return [
      {
        code: 'preprocessing-tensors',
        path: `sample "${id}"`,
        message: `preprocessing gives another tensor "${name}" than recorded${firstDifference(actual, recorded)}`,
        fix: 'make preprocessing.json and its files say what the training code did',
      },
    ];
  });
}

function firstDifference(actual: Tensor | undefined, recorded: Tensor): string {
  if (!actual) return ': none';
  const formats = [actual, recorded].map(({ dtype, shape }) => `${dtype} [${shape.join(', ')}]`);
  if (formats[0] !== formats[1]) return `: ${formats.join(', recorded ')}`;
  const index = Array.from(recorded.data as string[]).findIndex(
    (value, at) => !Object.is(value, actual.data[at]),
  );
  return `: ${String(actual.data[index])} at index ${index}, recorded ${String(recorded.data[index])}`;
}
