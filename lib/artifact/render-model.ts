import type { ModelEstimates } from './onnx/estimates';
import type { ModelInspection } from './onnx/inspect-model';
import type { ModelValue } from './onnx/model-info';

/** The structure of a model, and what a run takes, for the terminal. */
export function renderModel(info: ModelInspection): string {
  const rows: readonly (readonly [name: string, lines: readonly string[]])[] = [
    ['file', [`${info.file}, ${info.bytes} bytes`]],
    ['written by', [`${info.producer || 'unknown'}, IR version ${info.irVersion}`]],
    [
      'opsets',
      [
        Object.entries(info.opsets)
          .map(([domain, version]) => `${domain} ${version}`)
          .join(', '),
      ],
    ],
    ['inputs', values(info.inputs)],
    ['outputs', values(info.outputs)],
    ['parameters', [`${info.parameters}${bytes(info.bytesByDtype)}, ${info.initializers} initialisers`]],
    ['estimates', estimates(info.estimates)],
    ['operators', info.operators.map(({ domain, name, count }) => `${count} × ${qualified(domain, name)}`)],
    ['functions', info.functions],
    ['external data', info.externalData.map((file) => `${file.location}: ${file.tensors} tensors`)],
  ];
  const lines = rows.flatMap(([name, entries]) =>
    entries.map((entry, index) => `${(index === 0 ? name : '').padEnd(15)}${entry}`),
  );
  return `${lines.join('\n')}\n`;
}

function values(specs: Readonly<Record<string, ModelValue>>): string[] {
  return Object.entries(specs).map(([name, { dtype, shape }]) => {
    return `${name}: ${dtype} ${shape ? `[${shape.join(', ')}]` : 'of no told shape'}`;
  });
}

function estimates({ sizes, flops, peakActivationBytes, unknown }: ModelEstimates): string[] {
  const given = Object.entries(sizes).map(([name, size]) => `${name} = ${size}`);
  const lacking = unknown.map(({ domain, name, count }) => `${count} × ${qualified(domain, name)}`);
  return [
    `${flops} operations, ${peakActivationBytes} bytes of values at most${given.length > 0 ? `, with ${given.join(', ')}` : ''}`,
    ...(lacking.length > 0 ? [`without these, of unknown shape: ${lacking.join(', ')}`] : []),
  ];
}

function bytes(byDtype: Readonly<Record<string, number>>): string {
  const parts = Object.entries(byDtype).map(([dtype, size]) => `${dtype} ${size} bytes`);
  return parts.length === 0 ? '' : ` (${parts.join(', ')})`;
}

function qualified(domain: string, name: string): string {
  return domain === 'ai.onnx' ? name : `${domain}::${name}`;
}
