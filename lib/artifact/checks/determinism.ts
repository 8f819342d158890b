import { sameBits } from '../same-bits';
import { count, judged, type Check } from './check';

/** Samples that are run a second time. */
const REPEATS = 8;

/** The same input gives the same answer, to the last bit. */
export const determinism: Check = {
  id: 'determinism',
  title: 'The same input gives the same answer, to the last bit',
  after: ['run'],
  run: async (subject) => {
    const samples = (subject.golden()?.samples ?? []).slice(0, REPEATS);
    const [process, answers] = [await subject.process(), await subject.answers()];
    const changed: string[] = [];
    for (const [index, { id, tensors }] of samples.entries()) {
      const first = answers[index]?.outputs ?? {};
      const second = Object.entries(await process.run(tensors));
      const same = second.every(([name, tensor]) => first[name] && sameBits(first[name], tensor));
      if (!same) changed.push(id);
    }
    const findings = changed.slice(0, 1).map((id) => ({
      code: 'determinism',
      path: `sample "${id}"`,
      message: `a second run gave another answer; so did ${changed.length} of ${count(samples.length, 'sample')}`,
      fix: 'look for random operators (RandomNormal, Dropout in training mode) and remove them at export',
    }));
    return judged(
      findings,
      'the same input gave two answers',
      `${count(samples.length, 'sample')} run twice`,
    );
  },
};
