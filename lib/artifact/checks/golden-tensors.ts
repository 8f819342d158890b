import { count, judged, type Check } from './check';
import { differences } from './differences';

/** From the recorded tensors, the model gives the recorded answers. */
export const goldenTensors: Check = {
  id: 'golden-tensors',
  title: 'From recorded tensors it gives the recorded answers',
  after: ['run'],
  run: async (subject) => {
    const golden = subject.golden();
    const answers = await subject.answers();
    const pairs = (golden?.samples ?? []).map(({ id, outputs }, index) => ({
      id,
      expected: outputs,
      actual: answers[index]?.outputs ?? {},
    }));
    const fix = 'export the model again, or accept the difference as tolerance if it does no harm';
    const { findings, maxAbsolute, data } = differences(pairs, subject.tolerance, 'golden-tensors', fix);
    const success = `${count(pairs.length, 'sample')} of ${golden?.producer ?? 'unknown'}, largest difference ${maxAbsolute.toPrecision(3)}`;
    return judged(findings, 'answers differ from the recorded ones', success, data);
  },
};
