import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { GateRule, Json, Plan } from '../pipeline';
import { writeJson } from '../program/support';
import type { Fault } from './scenarios';

type Directories = Readonly<Record<string, string>>;

/** What a step wrote, as the fault would have it: in a copy. */
export function alterOutputs(fault: Fault, plan: Plan, step: string, outputs: Directories): Directories {
  if (fault.kind === 'poor-metrics' && fault.step === step) {
    return altered(outputs, 'metrics', 'metrics.json', () => poorMetrics(plan, step));
  }
  if (fault.kind === 'golden-differ' && outputs.golden !== undefined) {
    return altered(outputs, 'golden', 'samples.json', shiftOutputs);
  }
  return outputs;
}

/** The same golden samples but for the last one: another version, of the same model. */
export function dropSample(outputs: Directories): Directories {
  if (outputs.golden === undefined) return outputs;
  return altered(outputs, 'golden', 'samples.json', (golden) => ({
    ...(golden as object),
    samples: (golden as { samples: Json[] }).samples.slice(0, -1),
  }));
}

/** Every number of an answer, moved. */
export function shiftNumbers(body: string): string {
  return JSON.stringify(
    JSON.parse(body, (_, value: unknown) => (typeof value === 'number' ? value + 1 : value)),
  );
}

function altered(
  outputs: Directories,
  name: string,
  file: string,
  change: (json: Json) => unknown,
): Directories {
  const original = outputs[name] ?? '';
  const copy = `${original}-altered`;
  cpSync(original, copy, { recursive: true });
  writeJson(join(copy, file), change(JSON.parse(readFileSync(join(copy, file), 'utf8')) as Json));
  return { ...outputs, [name]: copy };
}

/** Out of the bounds of every rule that the step is judged by. */
function poorMetrics(plan: Plan, step: string): Record<string, number> {
  const rules = plan.steps.flatMap((gate) => {
    if (gate.kind !== 'gate') return [];
    const source = gate.inputs.metrics;
    return source?.from === 'step' && source.step === step ? gate.rules : [];
  });
  return Object.fromEntries(rules.map((rule) => [rule.metric, poorValue(rule)]));
}

function poorValue(rule: GateRule): number {
  if (rule.kind === 'loss') return rule.goal === 'maximize' ? -1e9 : 1e9;
  return rule.min === undefined ? (rule.max ?? 0) + 1 : rule.min - 1;
}

interface Samples {
  readonly samples: readonly {
    readonly outputs: Readonly<Record<string, { readonly data: readonly number[] }>>;
  }[];
}

function shiftOutputs(golden: Json): unknown {
  const { samples, ...rest } = golden as unknown as Samples;
  const shift = (outputs: Samples['samples'][number]['outputs']) =>
    Object.fromEntries(
      Object.entries(outputs).map(([name, tensor]) => [
        name,
        { ...tensor, data: tensor.data.map((value) => value + 1) },
      ]),
    );
  return { ...rest, samples: samples.map((sample) => ({ ...sample, outputs: shift(sample.outputs) })) };
}
