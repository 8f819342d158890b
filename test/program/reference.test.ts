import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { baseline } from '../../lib/program';
import { readReference } from '../../lib/program/reference';
import { SPAM_FILTER, temporaryDirectory } from '../artifact/support';
import { output, requestOf } from './support';

jest.setTimeout(30_000);

const FEATURES = [
  { name: 'probability', of: 'output', edges: [0.1, 0.9], counts: [0, 4, 4] },
  { name: 'tokens.tokens', of: 'input', categories: [7], counts: [3, 1] },
];

function evaluation(reference: unknown): string {
  const directory = temporaryDirectory();
  writeFileSync(join(directory, 'reference.json'), JSON.stringify(reference));
  return directory;
}

test('a baseline keeps what drift is compared with', async () => {
  const reference = { schemaVersion: 1, samples: 8, features: FEATURES };
  const inputs = { version: SPAM_FILTER, evaluation: evaluation(reference) };
  const request = requestOf('baseline', {}, inputs, ['baseline']);
  await baseline(request);
  const written: unknown = JSON.parse(
    readFileSync(join(output(request, 'baseline'), 'baseline.json'), 'utf8'),
  );
  expect(written).toMatchObject({ version: '8bf4fa2c2110', reference });
});

test('an evaluation without a reference leaves none', () => {
  expect(readReference(undefined)).toEqual({});
  expect(readReference(temporaryDirectory())).toEqual({});
});

test.each([
  { samples: 8 },
  { samples: '8', features: FEATURES },
  { samples: 8, features: [1] },
  { samples: 8, features: [{ ...FEATURES[0], of: 'label' }] },
  { samples: 8, features: [{ ...FEATURES[0], name: 1 }] },
  { samples: 8, features: [{ ...FEATURES[0], counts: [1, 2] }] },
  { samples: 8, features: [{ ...FEATURES[0], counts: ['0', 4, 4] }] },
  { samples: 8, features: [{ ...FEATURES[0], edges: undefined }] },
])('refuses %j', (reference) => {
  expect(() => readReference(evaluation(reference))).toThrow(
    'holds no features with counts [reference-malformed]',
  );
});
