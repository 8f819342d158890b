import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Ajv2020 from 'ajv/dist/2020';
import type { z } from 'zod';
import { verifyArtifact, type CheckResult, type VerificationReport } from '../../lib/artifact';
import { parseReport } from '../../lib/artifact/read-report';
import { reportJsonSchema, reportSchema } from '../../lib/artifact/schema/report-schema';
import { FIXTURES, modelFile, SPAM_FILTER } from './support';

const PUBLISHED = join('schemas', 'verification-report.schema.json');

// After a change of the type: UPDATE_SCHEMAS=1 npx jest test/artifact/report-schema.test.ts
if (process.env.UPDATE_SCHEMAS === '1') {
  writeFileSync(PUBLISHED, `${JSON.stringify(reportJsonSchema(), null, 2)}\n`);
}

const published = () => JSON.parse(readFileSync(PUBLISHED, 'utf8')) as object;
const validate = new Ajv2020({ strict: true, allowUnionTypes: true }).compile(published());
const REPORT = JSON.parse(readFileSync(join(SPAM_FILTER, 'verification.json'), 'utf8')) as VerificationReport;

type ReadonlyDeep<T> = T extends object ? { readonly [K in keyof T]: ReadonlyDeep<T[K]> } : T;
type Parsed = z.infer<typeof reportSchema>;
type ParsedCheck = Parsed['checks'][number];
/** True where both have the same fields, optional ones included. */
type SameKeys<A, B> = [keyof A, keyof B] extends [keyof B, keyof A] ? true : false;

test('the schema is that of the type, in both directions', () => {
  // What does not compile here is a field that only one of the two has, or of another type.
  const same: [SameKeys<Parsed, VerificationReport>, SameKeys<ParsedCheck, CheckResult>] = [true, true];
  const toType = (report: Omit<Parsed, 'summary'>): Omit<VerificationReport, 'summary'> => report;
  const toReport = (report: VerificationReport): ReadonlyDeep<Omit<Parsed, 'summary' | 'checks'>> => report;
  const toCheck = (check: CheckResult): ReadonlyDeep<Omit<ParsedCheck, 'data'>> => check;
  const parsed = reportSchema.parse(REPORT);
  expect([toType(parsed), toReport(REPORT), REPORT.checks.map(toCheck), same]).toEqual([
    REPORT,
    REPORT,
    REPORT.checks,
    [true, true],
  ]);
});

test('the published schema is the one of the library', () => {
  expect(published()).toEqual(JSON.parse(JSON.stringify(reportJsonSchema())));
});

test.each(['identity', 'ir-14', 'wrong-shape', 'foreign-domain', 'external-parent', 'nested'])(
  'the report of the model "%s" is valid',
  async (name) => {
    const report: unknown = JSON.parse(JSON.stringify(await verifyArtifact(modelFile(name))));
    expect([validate(report), validate.errors]).toEqual([true, null]);
    expect(parseReport(report, 'report')).toEqual(report);
  },
);

test('so are the report of a version, and those that were made before', async () => {
  const report: unknown = JSON.parse(JSON.stringify(await verifyArtifact(SPAM_FILTER)));
  expect([validate(report), validate.errors]).toEqual([true, null]);
  for (const name of ['spam-filter', 'spam-filter-changed']) {
    const file = join(FIXTURES, 'versions', name, 'verification.json');
    expect(validate(JSON.parse(readFileSync(file, 'utf8')))).toBe(true);
  }
});

test.each<[what: string, change: object]>([
  ['another version', { schemaVersion: 2 }],
  ['no verdict', { verdict: undefined }],
  ['a verdict of its own', { verdict: 'skipped' }],
  ['a field of its own', { more: 1 }],
  ['a digest that is none', { model: { ...REPORT.model, sha256: 'x' } }],
  ['a check without findings', { checks: [{ ...REPORT.checks[0], findings: undefined }] }],
])('%s is no report, for both readers', (_, change) => {
  const report: unknown = JSON.parse(JSON.stringify({ ...REPORT, ...change }));
  expect(validate(report)).toBe(false);
  expect(() => parseReport(report, 'report')).toThrow('[report]');
});
