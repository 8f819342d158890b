import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Preprocessing } from '../../lib/artifact';

const PYTHON = resolve('.venv/bin/python');
const EXAMPLE = resolve('examples/spam-filter');

/** Characters of each mail that are encoded: more than the tokens that the model reads. */
const READ = 1000;

/** Preprocesses the corpus, and writes the token ids of every sample as raw int64. */
const ENCODE = `
import sys
from pathlib import Path
from preprocess import preprocess
from model_pipeline.data import read_split
from model_pipeline.preprocessing import Preprocessing

data, output = Path(sys.argv[1]), Path(sys.argv[2])
preprocess(data, output, {})
samples = [sample for split in ("train", "validation", "test") for sample in read_split(output, split)]
inputs = [{"text": sample.input["text"][:${READ}]} for sample in samples]
tokens = Preprocessing.load(output / "preprocessing").encode(inputs)["tokens"]
(output / "tokens.bin").write_bytes(tokens.astype("<i8").tobytes())
`;

interface Sample {
  readonly id: string;
  readonly input: { readonly text: string };
}

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'spam-filter-'));
});
afterAll(() => {
  rmSync(directory, { recursive: true });
});

test('Python and Node give every mail of the corpus the same tokens', () => {
  execFileSync(process.execPath, [join(EXAMPLE, 'prepare-data.mjs'), '--out', directory]);
  const env = { ...process.env, PYTHONPATH: EXAMPLE, PYTHONDONTWRITEBYTECODE: '1' };
  execFileSync(PYTHON, ['-c', ENCODE, directory, directory], { cwd: resolve('stages'), env });

  const samples = ['train', 'validation', 'test'].flatMap(readSplit);
  const inputs = samples.map(({ input }) => ({ text: Array.from(input.text).slice(0, READ).join('') }));
  const { tokens } = Preprocessing.load(join(directory, 'preprocessing')).encode(inputs);
  const ours = tokens?.data as BigInt64Array;
  const bytes = readFileSync(join(directory, 'tokens.bin'));
  const theirs = new BigInt64Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 8);

  const length = tokens?.shape[1] ?? 0;
  const row = (all: BigInt64Array, index: number) =>
    all.subarray(index * length, (index + 1) * length).join();
  const different = samples.filter((_, index) => row(ours, index) !== row(theirs, index));
  expect(samples.length).toBeGreaterThan(5800);
  expect(theirs).toHaveLength(ours.length);
  expect(different.map(({ id }) => id)).toEqual([]);
}, 120_000);

function readSplit(split: string): Sample[] {
  const lines = readFileSync(join(directory, `${split}.jsonl`), 'utf8')
    .trimEnd()
    .split('\n');
  return lines.map((line) => JSON.parse(line) as Sample);
}
