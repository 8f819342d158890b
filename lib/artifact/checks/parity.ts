import { asJson } from '../parity/as-json';
import { compareModels, type CompareOptions } from '../parity/compare-models';
import { rounded } from '../parity/numbers';
import type { RandomSamplesOptions } from '../parity/random-samples';
import { count, judged, type Check } from './check';

export interface ParityCheckOptions extends CompareOptions {
  /** How to make up inputs. @default - the golden samples, where there are any */
  readonly samples?: RandomSamplesOptions;
}

/**
 * A check that the model computes what another does: the one it was converted, quantised or pruned from.
 *
 * @param reference an `.onnx` or `.tflite` file
 */
export function parity(reference: string, { samples, ...options }: ParityCheckOptions = {}): Check {
  return {
    id: 'parity',
    title: 'It answers as the model it was made of',
    after: ['load'],
    run: async (subject) => {
      subject.demandExecution();
      const given = samples ?? subject.golden()?.samples ?? {};
      const { outputs, findings } = await compareModels(reference, subject.file, given, options);
      const noise = Math.min(...outputs.map(({ snrDb }) => snrDb));
      return judged(
        findings,
        'it answers otherwise than the model it was made of',
        `${count(outputs[0]?.samples ?? 0, 'sample')}, signal to noise at least ${rounded(noise)} dB`,
        asJson(Object.fromEntries(outputs.map((output) => [output.name, output]))),
      );
    },
  };
}
