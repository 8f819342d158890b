import { WorkflowError } from './workflow-error';

type StandardFunction = (...args: readonly never[]) => unknown;

/** Functions of Workflows' standard library that a definition of this library's may call. */
const FUNCTIONS: Readonly<Record<string, StandardFunction>> = {
  default: (value: unknown, otherwise: unknown) => value ?? otherwise,
  double: (value: string | number) => Number(value),
  if: (condition: boolean, then: unknown, otherwise: unknown) => (condition ? then : otherwise),
  int: (value: string | number) => Math.trunc(Number(value)),
  keys: (map: object) => Object.keys(map),
  len: (value: string | readonly unknown[] | object) =>
    typeof value === 'string' || Array.isArray(value) ? value.length : Object.keys(value).length,
  string: (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value)),
  'base64.decode': (text: string) => Buffer.from(text, 'base64'),
  'base64.encode': (bytes: Buffer) => bytes.toString('base64'),
  'json.decode': (text: string | Buffer) => JSON.parse(text.toString()) as unknown,
  'json.encode': (value: unknown) => Buffer.from(JSON.stringify(value)),
  'json.encode_to_string': (value: unknown) => JSON.stringify(value),
  'list.concat': (list: readonly unknown[], item: unknown) => [...list, item],
  'map.delete': (map: object, key: string) =>
    Object.fromEntries(Object.entries(map).filter(([name]) => name !== key)),
  'map.get': (map: object, keys: string | readonly string[]) =>
    [keys].flat().reduce<unknown>((inner, key) => lookUp(inner, key), map),
  'map.merge': (first: object, second: object) => ({ ...first, ...second }),
  'math.abs': (value: number) => Math.abs(value),
  'math.max': (a: number, b: number) => Math.max(a, b),
  'math.min': (a: number, b: number) => Math.min(a, b),
  'text.find_all': (source: string, text: string) =>
    [...source.matchAll(new RegExp(escapeRegExp(text), 'g'))].map(({ index }) => index),
  'text.match_regex': (source: string, pattern: string) => new RegExp(pattern).test(source),
  'text.replace_all': (source: string, text: string, by: string) => source.replaceAll(text, () => by),
  'text.replace_all_regex': (source: string, pattern: string, by: string) =>
    source.replace(new RegExp(pattern, 'g'), by),
  'text.split': (source: string, separator: string) => source.split(separator),
  'text.substring': (source: string, start: number, end: number) => source.slice(start, end),
  'text.to_lower': (source: string) => source.toLowerCase(),
  'time.format': (seconds: number) => new Date(seconds * 1000).toISOString(),
  'text.url_encode': (source: string) => encodeURIComponent(source),
};

/**
 * Calls a function of the standard library.
 *
 * @throws Error when there is none of this name: a definition that is wrong, not a run that failed
 */
export function callStandard(name: string, args: readonly unknown[]): unknown {
  const standard = FUNCTIONS[name];
  if (standard === undefined) throw new Error(`the standard library has no ${name}, or it is not known here`);
  try {
    return standard(...(args as readonly never[]));
  } catch (error) {
    throw WorkflowError.of(
      'ValueError',
      `${name}: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

function lookUp(map: unknown, key: string): unknown {
  return typeof map === 'object' && map !== null && Object.hasOwn(map, key)
    ? (map as Record<string, unknown>)[key]
    : null;
}

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
