import { cpSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { GateRule, Json, Plan } from '../pipeline';
import { writeJson } from '../program/support';
import type { Fault } from './scenarios';

type Directories = Readonly<Record<string, string>>;

/**
 * What a step wrote, as the fault would have it: in a copy.
 *
 * @throws Error where the fault is that the program fails
 */
export function alterOutputs(fault: Fault, plan: Plan, step: string, outputs: Directories): Directories {
  if (fault.kind === 'poor-metrics' && fault.step === step) {
    return altered(outputs, 'metrics', 'metrics.json', () => poorMetrics(plan, step));
  }
  if (fault.kind === 'trials' && step === 'tune') {
    if (fault.how === 'fail') throw new Error('the loss is not a number');
    return altered(outputs, 'metrics', 'metrics.json', () => ({}));
  }
  if (fault.kind === 'golden-differ' && outputs.golden !== undefined) {
    return altered(outputs, 'golden', 'samples.json', shiftOutputs);
  }
  if (fault.kind === 'model-differs') return alteredLanguageModel(outputs, { max_position_embeddings: 1 });
  return outputs;
}

/**
 * The same golden samples but for the last one, or the same language model with a word more in its
 * configuration: another version, of the same model.
 */
export function anotherVersion(outputs: Directories): Directories {
  if (outputs.golden === undefined) return alteredLanguageModel(outputs, { _name_or_path: 'another' });
  return altered(outputs, 'golden', 'samples.json', (golden) => ({
    ...(golden as object),
    samples: (golden as { samples: Json[] }).samples.slice(0, -1),
  }));
}

/** What a check for drift wrote, had it found none. */
export function withoutDrift(outputs: Directories): Directories {
  return altered(outputs, 'metrics', 'metrics.json', (metrics) =>
    Object.fromEntries(
      Object.entries(metrics as object).map(([name, value]) => [name, name.startsWith('psi_') ? 0 : value]),
    ),
  );
}

/** An answer with every number moved, and without the text that follows a prompt. */
export function spoilAnswer(body: string): string {
  return JSON.stringify(
    JSON.parse(body, (key, value: unknown) => {
      if (typeof value === 'number') return value + 1;
      return key === 'generated_text' || key === 'text' ? '' : value;
    }),
  );
}

/** A language model's `config.json` with other fields; outputs without one stay as they are. */
function alteredLanguageModel(outputs: Directories, fields: object): Directories {
  const { model } = outputs;
  if (model === undefined || !existsSync(join(model, 'config.json'))) return outputs;
  return altered(outputs, 'model', 'config.json', (config) => ({ ...(config as object), ...fields }));
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
