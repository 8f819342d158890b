import type { Issue } from '../issue';
import type { PipelineDefinition } from './definition';
import { valuesAt } from './values-at';

/**
 * The fields of a definition that a target does not carry out, refused rather than ignored.
 *
 * @param target what refuses, as the user knows it: `"AWS"`
 * @param refused reason by field, as a path (`training.tuning`), or a path and the one value that is
 *   refused (`conversion.format=tflite`)
 */
export function unsupportedFields(
  definition: PipelineDefinition,
  target: string,
  refused: Readonly<Record<string, string>>,
): Issue[] {
  return Object.entries(refused).flatMap(([field, reason]) => {
    const [path = '', refusedValue] = field.split('=');
    const [value] = valuesAt(definition, path);
    if (value === undefined || (refusedValue !== undefined && value !== refusedValue)) return [];
    return [
      {
        code: 'unsupported-field',
        path,
        message: `is not carried out on ${target}: ${reason}`,
        fix:
          refusedValue === undefined ? 'Remove the field.' : `Choose another value than "${refusedValue}".`,
      },
    ];
  });
}
