import { existsSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { throwIssues, type Issue } from '../issue';
import { DTYPES } from '../pipeline/definition/model';
import { readGoldenJson } from './golden-json';
import type { GoldenSample, GoldenSamples } from './golden-sample';
import { attempt } from './json-file';
import { readNpz } from './npz';
import { isDtype, type AnyTensor, type Tensor } from './tensor';
import { readTensorProto, type NamedTensor } from './tensor-proto';

export type { GoldenSample, GoldenSamples } from './golden-sample';

/** Names of a model's inputs and outputs, in their order. */
export interface GoldenNames {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

const DATA_SET = /^test_data_set_(\d+)$/;
const LAYOUTS =
  'samples.json, test_data_set_N/{input,output}_M.pb, or .npz files with inputs/NAME and outputs/NAME';

/**
 * Reads golden samples in one of three forms: `samples.json`; the folders `test_data_set_N` of ONNX,
 * each one sample; `.npz` files of NumPy, each one sample with arrays named `inputs/NAME` and
 * `outputs/NAME`.
 *
 * @param place a directory with one of them, or a single `.npz` file
 * @param names of the model: a `test_data_set_N` tells inputs and outputs by their order. Without them
 *   tensors have the names their files give them
 * @throws IssueError with everything that is wrong
 */
export function readGolden(place: string, names?: GoldenNames): GoldenSamples {
  if (place.endsWith('.npz')) return collect('NumPy', [place], readNpzSample);
  const entries = existsSync(place) ? readdirSync(place) : [];
  const json = join(place, 'samples.json');
  if (entries.includes('samples.json')) return readGoldenJson(json);
  const dataSets = entries.filter((name) => DATA_SET.test(name)).sort((a, b) => numberOf(a) - numberOf(b));
  if (dataSets.length > 0) {
    const directories = dataSets.map((name) => join(place, name));
    return collect('ONNX test data', directories, (path, issues) => readDataSet(path, names, issues));
  }
  const archives = entries.filter((name) => name.endsWith('.npz')).sort();
  if (archives.length === 0) return readGoldenJson(json);
  const files = archives.map((name) => join(place, name));
  return collect('NumPy', files, readNpzSample);
}

function collect(
  producer: string,
  paths: readonly string[],
  read: (path: string, issues: Issue[]) => GoldenSample,
): GoldenSamples {
  const issues: Issue[] = [];
  const samples = paths.map((path) => {
    const own: Issue[] = [];
    const sample = read(path, own);
    issues.push(...(own.length > 0 ? own : emptySides(sample, path)));
    return sample;
  });
  throwIssues('golden samples', issues);
  return { producer, samples };
}

function emptySides({ tensors, outputs }: GoldenSample, path: string): Issue[] {
  return [
    ...(Object.keys(tensors).length === 0 ? [issue(path, 'holds no inputs')] : []),
    ...(Object.keys(outputs).length === 0 ? [issue(path, 'holds no outputs')] : []),
  ];
}

function readNpzSample(file: string, issues: Issue[]): GoldenSample {
  const arrays = attempt(issues, () => readNpz(file)) ?? new Map<string, AnyTensor>();
  const side = (prefix: string) =>
    Array.from(arrays, ([name, tensor]) => ({ name, tensor }))
      .filter(({ name }) => name.startsWith(prefix))
      .map(({ name, tensor }) => ({ name: name.slice(prefix.length), tensor }));
  return {
    id: basename(file, '.npz'),
    tensors: deployable(side('inputs/'), file, issues),
    outputs: deployable(side('outputs/'), file, issues),
  };
}

function readDataSet(directory: string, names: GoldenNames | undefined, issues: Issue[]): GoldenSample {
  const files = readdirSync(directory);
  const side = (prefix: string, order?: readonly string[]) => {
    const pattern = new RegExp(`^${prefix}_\\d+\\.pb$`);
    return files
      .filter((name) => pattern.test(name))
      .sort((a, b) => numberOf(a) - numberOf(b))
      .flatMap((file) => {
        const read = attempt(issues, () => readTensorProto(join(directory, file)));
        // By its place among the model's inputs or outputs where that is known, as ONNX has it.
        const known = order?.[numberOf(file)];
        return read ? [{ name: known ?? (read.name || basename(file, '.pb')), tensor: read.tensor }] : [];
      });
  };
  return {
    id: basename(directory),
    tensors: deployable(side('input', names?.inputs), directory, issues),
    outputs: deployable(side('output', names?.outputs), directory, issues),
  };
}

/** Golden samples are of what a deployed model takes and gives. */
function deployable(values: readonly NamedTensor[], path: string, issues: Issue[]): Record<string, Tensor> {
  const kept = values.flatMap(({ name, tensor }): [string, Tensor][] => {
    const { dtype, shape, data } = tensor;
    if (isDtype(dtype)) return [[name, { dtype, shape, data }]];
    issues.push(issue(path, `"${name}" is of type ${dtype}, allowed: ${DTYPES.join(', ')}`));
    return [];
  });
  return Object.fromEntries(kept);
}

/** The number in a name of the form `output_12.pb`. */
function numberOf(name: string): number {
  return Number(/\d+/.exec(name)?.[0]);
}

function issue(path: string, message: string): Issue {
  return { code: 'golden-samples', path, message, fix: `give ${LAYOUTS}` };
}
