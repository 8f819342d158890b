import { parameter } from './asl-parameter';

/** The CDK writes abbreviations as words. */
const ABBREVIATED: Readonly<Record<string, string>> = { memorySizeInMb: 'MemorySizeInMB' };

/**
 * Properties of CloudFormation as parameters of the API: the same names, with a capital. A value may be
 * an expression of the state machine.
 */
export function toApi(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(toApi);
  if (typeof value !== 'object' || value === null) return value;
  return Object.assign(
    {},
    ...Object.entries(value).map(([name, inner]) => {
      const capitalized = ABBREVIATED[name] ?? name.charAt(0).toUpperCase() + name.slice(1);
      return typeof inner === 'string' ? parameter(capitalized, inner) : { [capitalized]: toApi(inner) };
    }),
  ) as object;
}
