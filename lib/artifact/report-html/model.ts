import type { ModelSummary, ModelValue } from '../onnx/model-info';
import type { LanguageModelSummary } from '../report';
import { bars } from './bars';
import { html, type Markup } from './markup';

/** Kinds of operators that have a bar of their own. */
const SHOWN = 15;

/** What the file says about itself. */
export function modelSection(summary: ModelSummary): Markup {
  const { producer, irVersion, opsets, initializers, parameters, bytesByDtype, functions } = summary;
  const versions = Object.entries(opsets).map(([domain, version]) => `${domain} ${version}`);
  const sizes = Object.entries(bytesByDtype).map(([dtype, bytes]) => `${dtype} ${formatBytes(bytes)}`);
  const rows = summary.operators.map(({ domain, name, count }) => ({
    label: domain === 'ai.onnx' ? name : `${domain}::${name}`,
    count,
  }));
  const others = rows.slice(SHOWN).reduce((sum, { count }) => sum + count, 0);
  const total = rows.reduce((sum, { count }) => sum + count, 0);
  return html`<section aria-labelledby="model">
    <h2 id="model">Model</h2>
    <dl>
      <dt>Written by</dt>
      <dd>${producer || 'unknown'}</dd>
      <dt>Versions</dt>
      <dd>IR ${irVersion}, ${versions.join(', ')}</dd>
      <dt>Parameters</dt>
      <dd>
        ${parameters.toLocaleString('en-GB')} in ${initializers}
        initialisers${sizes.length > 0 ? `: ${sizes.join(', ')}` : ''}
      </dd>
      ${
        functions.length > 0
          ? html`<dt>Functions</dt>
              <dd>${functions.join(', ')}</dd>`
          : undefined
      }
    </dl>
    ${values('Inputs', summary.inputs)} ${values('Outputs', summary.outputs)}
    ${bars(
      `Operators: ${total} nodes of ${rows.length} kinds`,
      [...rows.slice(0, SHOWN), ...(others > 0 ? [{ label: 'all others', count: others }] : [])],
      true,
    )}
  </section>`;
}

/** What the files of a language model say of it. */
export function languageModelSection(summary: LanguageModelSummary): Markup {
  const { architecture, layers, attentionHeads, keyValueHeads, headSize, contextTokens } = summary;
  const sizes = Object.entries(summary.bytesByDtype).map(
    ([dtype, bytes]) => `${dtype} ${formatBytes(bytes)}`,
  );
  return html`<section aria-labelledby="model">
    <h2 id="model">Model</h2>
    <dl>
      <dt>Architecture</dt>
      <dd>${architecture}</dd>
      <dt>Layers</dt>
      <dd>
        ${layers}, each with ${attentionHeads} heads of ${headSize}, ${keyValueHeads} of them with keys and
        values
      </dd>
      <dt>Context</dt>
      <dd>${contextTokens.toLocaleString('en-GB')} tokens</dd>
      <dt>Parameters</dt>
      <dd>
        ${summary.parameters.toLocaleString('en-GB')} in ${summary.tensors} tensors: ${sizes.join(', ')}
      </dd>
    </dl>
  </section>`;
}

function values(title: string, specs: Readonly<Record<string, ModelValue>>): Markup {
  return html`<h3>${title}</h3>
    <table class="values">
      <tbody>
        ${Object.entries(specs).map(
          ([name, { dtype, shape }]) =>
            html`<tr>
              <th scope="row"><code>${name}</code></th>
              <td>${dtype} ${shape ? `[${shape.join(', ')}]` : 'of no told shape'}</td>
            </tr>`,
        )}
      </tbody>
    </table>`;
}

const UNITS = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'];

/** `1405` → `1.4 KiB` */
export function formatBytes(bytes: number): string {
  const power = bytes < 1024 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log2(bytes) / 10));
  const value = bytes / 1024 ** power;
  return `${power === 0 ? value : value.toFixed(1)} ${UNITS[power] ?? ''}`;
}
