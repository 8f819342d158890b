import type { PipelineDefinition } from './definition';
import { type Support, supportOf, type TargetSupport } from './target-support';
import { definitionFields } from './validation';
import { valuesAt } from './values-at';

/** A field, or a value of it that targets treat differently, and what each target makes of it. */
export interface ParityRow {
  /** `training.gate.*.min`, or `conversion.format=tflite`. */
  readonly field: string;
  /** Whether the definition has it. */
  readonly used: boolean;
  /** By the target's name. A target that says nothing about a field is missing: a defect of this library. */
  readonly support: Readonly<Record<string, Support>>;
}

/** Every field that a definition can have, in the order of the schema. */
export function parityOf(
  definition: PipelineDefinition,
  targets: Readonly<Record<string, TargetSupport>>,
): ParityRow[] {
  const tables = Object.values(targets).flatMap(({ emulated, unsupported }) => [emulated, unsupported]);
  const entries = new Set(tables.flatMap((table) => Object.keys(table)));
  const withValues = definitionFields().flatMap((field) => [
    field,
    ...[...entries].filter((entry) => entry.startsWith(`${field}=`)),
  ]);
  return withValues.map((field) => ({
    field,
    used: isUsed(definition, field),
    support: Object.fromEntries(
      Object.entries(targets).flatMap(([name, target]) => {
        const support = supportOf(field, target);
        return support ? [[name, support]] : [];
      }),
    ),
  }));
}

function isUsed(definition: PipelineDefinition, field: string): boolean {
  const [path = '', wanted] = field.split('=');
  const values = valuesAt(definition, path);
  return wanted === undefined ? values.length > 0 : values.includes(wanted);
}
