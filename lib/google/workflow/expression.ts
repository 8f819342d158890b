/** Longest expression that Workflows takes: https://cloud.google.com/workflows/quotas */
export const MAX_EXPRESSION = 400;

/** An expression as a value: `${…}`. */
export function value(expression: string): string {
  return `\${${expression}}`;
}

/** A text as a literal within an expression. */
export function literal(text: string): string {
  return JSON.stringify(text);
}

/** The parts in a row; a part that is an expression comes as `{ of: 'name' }`. */
export function concat(...parts: readonly (string | { readonly of: string })[]): string {
  return parts
    .filter((part) => part !== '')
    .map((part) => (typeof part === 'string' ? literal(part) : part.of))
    .join(' + ');
}

/** A name for a step or variable: letters, digits and `_`. */
export function stepName(id: string): string {
  return id.replaceAll('-', '_');
}

/** All digits of a number: expressions know no exponent. */
export function decimal(number: number): string {
  const text = String(number);
  if (!text.includes('e')) return text;
  return Math.abs(number) < 1 ? number.toFixed(20).replace(/0+$/, '') : String(BigInt(number));
}
