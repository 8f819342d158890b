import type { Issue } from '../../issue';
import type { CheckResult } from '../report';
import { html, type Markup } from './markup';

/** Findings of one check that are open; the others are a click away. */
const OPEN = 10;

/** What is wrong and how to mend it; nothing where nothing is. */
export function findingsSection(checks: readonly CheckResult[]): Markup | undefined {
  const failed = checks.filter(({ verdict }) => verdict === 'failed');
  if (failed.length === 0) return undefined;
  return html`<section aria-labelledby="findings">
    <h2 id="findings">What is wrong</h2>
    ${failed.map(
      ({ title, detail, findings }) =>
        html`<h3>${title}: <span class="quiet">no, ${detail}</span></h3>
          ${findings.slice(0, OPEN).map(finding)}
          ${
            findings.length > OPEN
              ? html`<details>
                  <summary>${findings.length - OPEN} more</summary>
                  ${findings.slice(OPEN).map(finding)}
                </details>`
              : undefined
          }`,
    )}
  </section>`;
}

function finding({ code, path, message, fix }: Issue): Markup {
  return html`<div class="finding">
    <p><strong>${path}</strong> ${message} <code>${code}</code></p>
    <p class="fix">What to do: ${fix}</p>
  </div>`;
}

/** What nobody looked at: a pass with gaps does not look like a pass. */
export function skippedSection(checks: readonly CheckResult[]): Markup | undefined {
  const skipped = checks.filter(({ verdict }) => verdict === 'skipped');
  if (skipped.length === 0) return undefined;
  return html`<section aria-labelledby="skipped">
    <h2 id="skipped">What was not checked</h2>
    <table class="stack">
      <tbody>
        ${skipped.map(
          ({ title, detail }) =>
            html`<tr>
              <th scope="row">${title}</th>
              <td>${detail}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </section>`;
}
