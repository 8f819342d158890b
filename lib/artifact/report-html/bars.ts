import { html, type Markup } from './markup';

export interface Bar {
  readonly label: string;
  readonly count: number;
}

/** A bar chart that is a table as well: labels and counts are text, whatever the page's width. */
export function bars(caption: string, rows: readonly Bar[], longLabels = false): Markup {
  const largest = Math.max(1, ...rows.map(({ count }) => count));
  return html`<h3>${caption}</h3>
    <table class="bars" aria-label="${caption}">
      <tbody>
        ${rows.map(
          ({ label, count }) =>
            html`<tr>
              <th scope="row" class="${longLabels ? 'long' : ''}">${label}</th>
              <td>
                <svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
                  <rect class="bar" width="${width(count, largest)}" height="10" rx="0.5" />
                </svg>
              </td>
              <td class="count">${count.toLocaleString('en-GB')}</td>
            </tr>`,
        )}
      </tbody>
    </table>`;
}

/** What is there is seen, if only as a line. */
function width(count: number, largest: number): number {
  return count === 0 ? 0 : Math.max(0.4, Number(((100 * count) / largest).toFixed(2)));
}
