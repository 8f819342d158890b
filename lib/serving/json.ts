const LONGEST_LIST = 8;
const LONGEST_STRING = 64;

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A value as a message quotes it: whole where it is short, its kind where it is not. */
export function quote(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (isRecord(value)) return 'an object';
  if (Array.isArray(value)) {
    const short = value.length <= LONGEST_LIST && value.every((item) => typeof item === 'number');
    return short ? `[${value.join(', ')}]` : 'a list';
  }
  return typeof value === 'string' && value.length > LONGEST_STRING ? 'a long string' : JSON.stringify(value);
}
