import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { reportHtml, verifyArtifact, type CheckResult, type VerificationReport } from '../../lib/artifact';
import { readReport } from '../../lib/artifact/read-report';
import { html, verbatim } from '../../lib/artifact/report-html/markup';
import { formatBytes } from '../../lib/artifact/report-html/model';
import { modelFile, SPAM_FILTER } from './support';

const PASSED = readReport(join(SPAM_FILTER, 'verification.json'));

function withChecks(...checks: Partial<CheckResult>[]): VerificationReport {
  const empty = { id: 'own', title: 'Own', verdict: 'passed', detail: '', findings: [] } as const;
  return { ...PASSED, checks: checks.map((check) => ({ ...empty, ...check })) };
}

/** The text of a page, as a reader has it. */
function textOf(page: string): string {
  return page
    .replace(/<style>.*<\/style>/s, '')
    .replace(/<[^>]*>/g, ' ')
    .replaceAll('&quot;', '"')
    .replace(/\s+/g, ' ');
}

test('a pass says so, and of which bytes', () => {
  const text = textOf(reportHtml(PASSED));
  expect(text).toContain('✓ passed 12 of 12 checks passed.');
  expect(text).toContain(PASSED.model.sha256);
  expect(text).not.toContain('What is wrong');
  expect(text).not.toContain('What was not checked');
  expect(text).toContain('Signature not asked for');
});

test('a failure starts with what is wrong and how to mend it', async () => {
  const report = await verifyArtifact(modelFile('ir-14'));
  const page = reportHtml(report);
  const text = textOf(page);
  expect(text).toContain(
    'has IR version 14; the runtime takes 3 to 13 ir-version What to do: export the model with opset 18',
  );
  expect(text.indexOf('What is wrong')).toBeLessThan(text.indexOf('What was not checked'));
  expect(text).toContain('not run, because "model" failed');
});

test('the page loads nothing and runs no script: its policy allows its style sheet alone', () => {
  const page = reportHtml(PASSED);
  const [, style = ''] = /<style>(.*)<\/style>/s.exec(page) ?? [];
  const digest = createHash('sha256').update(style).digest('base64');
  expect(page).toContain(
    `content="default-src &#39;none&#39;; style-src &#39;sha256-${digest}&#39;; base-uri &#39;none&#39;; form-action &#39;none&#39;"`,
  );
  expect(page).not.toMatch(/<script|<img|<link|<iframe|\ssrc=|\shref=|\sstyle=|\son\w+=|url\(/);
});

test('what a model says of itself is text, never markup', () => {
  const evil = '<script>alert("1")</script>';
  const finding = { code: evil, path: evil, message: evil, fix: evil };
  const { summary } = PASSED;
  const page = reportHtml({
    ...withChecks({
      verdict: 'failed',
      title: evil,
      detail: evil,
      findings: [finding],
      data: { [evil]: evil },
    }),
    model: { ...PASSED.model, file: evil },
    summary: summary && {
      ...summary,
      producer: evil,
      inputs: { [evil]: { dtype: evil, shape: [evil] } },
      operators: [{ domain: evil, name: evil, count: 1 }],
    },
  });
  expect(page).not.toContain('<script>');
  expect(page).toContain('&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;');
});

test('every histogram among what was measured is a chart', () => {
  const histogram = { upTo: [0, 1e-6, 0.5], counts: [30, 0, 6, 1] };
  const page = reportHtml(withChecks({ id: 'parity', data: { fp16: { y: histogram }, none: { upTo: [] } } }));
  const text = textOf(page);
  expect(text).toContain('parity · fp16 · y none 30 up to 1e-6 0 up to 0.5 6 more than 0.5 1');
  const widths = [...page.matchAll(/<rect class="bar" width="([\d.]+)"/g)].map(([, width]) => Number(width));
  expect(widths.slice(0, 4)).toEqual([100, 0, 20, 3.33]);
});

test('of many findings ten are open, and the rest is a click away', () => {
  const findings = Array.from({ length: 12 }, (_, index) => ({
    code: 'own',
    path: `place ${index}`,
    message: 'is wrong',
    fix: 'mend it',
  }));
  const page = reportHtml({ ...withChecks({ verdict: 'failed', findings }), verdict: 'failed' });
  expect(textOf(page)).toContain('1 of 1 checks failed.');
  expect(page).toMatch(/place 9.*<summary>2 more<\/summary>.*place 10.*place 11/s);
});

test('long measurements are cut, and a model that is no model has no section', () => {
  const { summary, latency, ...rest } = withChecks({ data: 'x'.repeat(5000) });
  expect([summary?.irVersion, latency?.runs]).toEqual([9, 200]);
  const page = reportHtml(rest);
  expect(page).toContain('x\n…</code>');
  expect(page).not.toContain('<h2 id="model">');
  expect(page).not.toContain('<h2 id="measurements">');
});

test('operators beyond the fifteenth kind share a bar', () => {
  const { summary } = PASSED;
  if (!summary) throw new Error('the fixture has a summary');
  const operators = Array.from({ length: 17 }, (_, index) => ({
    domain: index === 0 ? 'com.microsoft' : 'ai.onnx',
    name: `Op${index}`,
    count: 20 - index,
  }));
  const text = textOf(reportHtml({ ...PASSED, summary: { ...summary, operators, functions: ['own::F'] } }));
  expect(text).toContain('Operators: 204 nodes of 17 kinds com.microsoft::Op0 20 Op1 19');
  expect(text).toContain('Op14 6 all others 9');
  expect(text).toContain('Functions own::F');
});

test('sizes are told in the unit that fits', () => {
  expect([0, 1023, 1024, 1405, 470 * 2 ** 20, 2 ** 42].map(formatBytes)).toEqual([
    '0 bytes',
    '1023 bytes',
    '1.0 KiB',
    '1.4 KiB',
    '470.0 MiB',
    '4.0 TiB',
  ]);
});

test('markup escapes what is put in, but what is markup already', () => {
  expect(html`<b>${"'&"}${[html`<i>${1}</i>`, undefined]}${verbatim('<u>')}</b>`.text).toBe(
    '<b>&#39;&amp;<i>1</i><u></b>',
  );
});
