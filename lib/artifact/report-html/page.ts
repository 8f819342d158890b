import { createHash } from 'node:crypto';
import type { Json } from '../../pipeline/definition';
import type { CheckResult, VerificationReport, VerifiedFile } from '../report';
import { findingsSection, skippedSection } from './findings';
import { html, verbatim, type Markup } from './markup';
import { measurements } from './measurements';
import { formatBytes, languageModelSection, modelSection } from './model';
import { STYLE } from './style';

/** Characters of a check's measurements that are shown; the report itself has all. */
const DATA_LIMIT = 4000;

const SYMBOLS = { passed: '✓ passed', failed: '✗ failed', skipped: '– not checked' } as const;

/**
 * The report as one page for the browser: findings first, then measurements, model and digests. It
 * loads nothing, runs no script, and is the same for the same report.
 */
export function reportHtml(report: VerificationReport): string {
  const { model, checks, summary, languageModel } = report;
  const digest = createHash('sha256').update(STYLE).digest('base64');
  const policy = `default-src 'none'; style-src 'sha256-${digest}'; base-uri 'none'; form-action 'none'`;
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${policy}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${model.file}: ${report.verdict}</title>
        ${verbatim(`<style>${STYLE}</style>`)}
      </head>
      <body>
        <main>
          ${headline(report)} ${findingsSection(checks)} ${skippedSection(checks)} ${measurements(report)}
          ${summary && modelSection(summary)}${languageModel && languageModelSection(languageModel)}
          ${checksSection(checks)} ${provenanceSection(report)}
        </main>
      </body>
    </html> `;
  return page.text;
}

function headline({ model, checks, verdict }: VerificationReport): Markup {
  const count = (wanted: CheckResult['verdict']) => checks.filter((check) => check.verdict === wanted).length;
  const skipped = count('skipped');
  const gaps = skipped > 0 ? `, ${skipped} not checked` : '';
  const conclusion =
    verdict === 'passed'
      ? `${count('passed')} of ${checks.length} checks passed${gaps}.`
      : `${count('failed')} of ${checks.length} checks failed${gaps}.`;
  return html`<header>
    <h1>${model.file}</h1>
    <p class="verdict"><span class="badge ${verdict}">${SYMBOLS[verdict]}</span> ${conclusion}</p>
    <dl>
      <dt>SHA-256</dt>
      <dd><code>${model.sha256}</code></dd>
      <dt>Size</dt>
      <dd>${formatBytes(model.bytes)}</dd>
    </dl>
  </header>`;
}

function checksSection(checks: readonly CheckResult[]): Markup {
  return html`<section aria-labelledby="checks">
    <h2 id="checks">All checks</h2>
    <table class="stack">
      <thead>
        <tr>
          <th scope="col">Verdict</th>
          <th scope="col">Check</th>
          <th scope="col">Detail</th>
        </tr>
      </thead>
      <tbody>
        ${checks.map(
          ({ id, title, verdict, detail, data }) =>
            html`<tr>
              <td><span class="badge ${verdict}">${SYMBOLS[verdict]}</span></td>
              <th scope="row">${title} <code>${id}</code></th>
              <td>${detail} ${data === undefined ? undefined : details(data)}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </section>`;
}

function details(data: Json): Markup {
  const text = JSON.stringify(data, null, 2);
  const shown = text.length > DATA_LIMIT ? `${text.slice(0, DATA_LIMIT)}\n…` : text;
  return html`<details>
    <summary>Measured</summary>
    <pre tabindex="0"><code>${shown}</code></pre>
  </details>`;
}

function provenanceSection({ model, verifier, tolerance, checks }: VerificationReport): Markup {
  const signed = checks.find(({ id }) => id === 'provenance');
  const files: readonly VerifiedFile[] = [model, ...model.externalData];
  const tools = [
    `cdk-model-pipeline ${verifier.version}`,
    ...(verifier.onnxruntime === undefined ? [] : [`onnxruntime ${verifier.onnxruntime}`]),
    `Node ${verifier.node}`,
  ];
  return html`<section aria-labelledby="provenance">
    <h2 id="provenance">Provenance</h2>
    <dl>
      <dt>Signature</dt>
      <dd>${signed ? signed.detail : 'not asked for'}</dd>
      <dt>Verified by</dt>
      <dd>${tools.join(', ')}</dd>
      ${
        tolerance &&
        html`<dt>Tolerance</dt>
          <dd>${tolerance.absolute} + ${tolerance.relative} × |recorded|</dd>`
      }
    </dl>
    <h3>Files this report is bound to</h3>
    <table class="stack">
      <thead>
        <tr>
          <th scope="col">File</th>
          <th scope="col">Size</th>
          <th scope="col">SHA-256</th>
        </tr>
      </thead>
      <tbody>
        ${files.map(
          ({ file, bytes, sha256 }) =>
            html`<tr>
              <th scope="row">${file}</th>
              <td>${formatBytes(bytes)}</td>
              <td><code>${sha256}</code></td>
            </tr>`,
        )}
      </tbody>
    </table>
  </section>`;
}
