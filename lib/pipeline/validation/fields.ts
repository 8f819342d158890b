import type { z } from 'zod';
import { definitionSchema } from './schema';

/**
 * Path of every field that a definition can have, in the order of the schema. `*` stands for a name that
 * the author chooses (`training.gate.*.min`), or for any element of a list.
 */
export function definitionFields(): string[] {
  return [...new Set(fieldsOf(definitionSchema, ''))];
}

function fieldsOf(schema: z.core.$ZodType, path: string): string[] {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  switch (def.type) {
    case 'object':
      return Object.entries(def.shape).flatMap(([key, field]) =>
        fieldsOf(field, path === '' ? key : `${path}.${key}`),
      );
    case 'optional':
      return fieldsOf(def.innerType, path);
    case 'union':
      return def.options.flatMap((option) => fieldsOf(option, path));
    case 'record':
      return fieldsOf(def.valueType, `${path}.*`);
    case 'array':
      return fieldsOf(def.element, isPlain(def.element) ? path : `${path}.*`);
    default:
      return [path];
  }
}

function isPlain(element: z.core.$ZodType): boolean {
  return (element as z.core.$ZodTypes)._zod.def.type !== 'object';
}
