import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { IssueError } from '../../issue';
import { isObject } from '../json-file';

/** A model and what it answers to given inputs. */
export interface ConformanceCase {
  /** Path of its directory below the one that was searched. */
  readonly name: string;
  readonly model: string;
  readonly dataSets: readonly DataSet[];
  /** Accepted differences: those of the case's own `data.json`, else of the ONNX test runner. */
  readonly relative: number;
  readonly absolute: number;
}

/** Files with one value each, in the order of the graph's inputs and outputs. */
export interface DataSet {
  /** Absent where the inputs are the numbers 0 to 1 in equal steps. */
  readonly inputs?: readonly string[];
  readonly outputs: readonly string[];
}

/** Of the ONNX test runner. */
const TOLERANCE = { relative: 1e-3, absolute: 1e-7 } as const;

/**
 * Finds the cases below a directory: directories with `model.onnx` and `test_data_set_N/{input,output}_M.pb`,
 * and models `NAME.onnx` with `NAME_output_M.pb` beside them, whose inputs are made.
 *
 * @throws IssueError when there is none
 */
export function findCases(root: string): ConformanceCase[] {
  const tolerances = new Map<string, Pick<ConformanceCase, 'relative' | 'absolute'>>();
  const cases: ConformanceCase[] = [];
  visit(root, (directory, names) => {
    if (names.includes('data.json')) readTolerance(join(directory, 'data.json'), tolerances);
    if (names.includes('model.onnx')) cases.push(fromDirectory(root, directory, names));
    else cases.push(...generatedInputs(root, directory, names));
  });
  if (cases.length === 0) {
    const message = 'holds no case: no directory with model.onnx and test_data_set_0';
    const fix = 'give a directory in the layout of onnx/backend/test/data';
    throw new IssueError('conformance', [{ code: 'file-missing', path: root, message, fix }]);
  }
  return cases.map((found) => ({ ...found, ...tolerances.get(basename(found.model)) }));
}

function visit(directory: string, look: (directory: string, names: readonly string[]) => void): void {
  if (!existsSync(directory)) return;
  const entries = readdirSync(directory, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  look(
    directory,
    entries.map(({ name }) => name),
  );
  for (const entry of entries) {
    if (entry.isDirectory() && !entry.name.startsWith('test_data_set_')) {
      visit(join(directory, entry.name), look);
    }
  }
}

function fromDirectory(root: string, directory: string, names: readonly string[]): ConformanceCase {
  const sets = names.filter((name) => name.startsWith('test_data_set_'));
  return {
    name: relative(root, directory) || basename(directory),
    model: join(directory, 'model.onnx'),
    dataSets: sets.map((name) => dataSet(join(directory, name))),
    ...TOLERANCE,
  };
}

function dataSet(directory: string): DataSet {
  const names = readdirSync(directory);
  return { inputs: numbered(directory, names, 'input_'), outputs: numbered(directory, names, 'output_') };
}

function generatedInputs(root: string, directory: string, names: readonly string[]): ConformanceCase[] {
  return names
    .filter((name) => name.endsWith('.onnx'))
    .flatMap((name) => {
      const stem = name.slice(0, -'.onnx'.length);
      const outputs = numbered(directory, names, `${stem}_output_`);
      const model = join(directory, name);
      const found = {
        name: relative(root, join(directory, stem)),
        model,
        dataSets: [{ outputs }],
        ...TOLERANCE,
      };
      return outputs.length === 0 ? [] : [found];
    });
}

/** `prefix0.pb`, `prefix1.pb` … as far as they go. */
function numbered(directory: string, names: readonly string[], prefix: string): string[] {
  const known = new Set(names);
  const files: string[] = [];
  while (known.has(`${prefix}${files.length}.pb`)) files.push(join(directory, `${prefix}${files.length}.pb`));
  return files;
}

/** `data.json` names the file of its model in `url`. */
function readTolerance(
  file: string,
  tolerances: Map<string, Pick<ConformanceCase, 'relative' | 'absolute'>>,
): void {
  const json: unknown = JSON.parse(readFileSync(file, 'utf8'));
  if (!isObject(json)) return;
  const { url, rtol, atol } = json;
  if (typeof url !== 'string' || typeof rtol !== 'number' || typeof atol !== 'number') return;
  tolerances.set(basename(url), { relative: rtol, absolute: atol });
}
