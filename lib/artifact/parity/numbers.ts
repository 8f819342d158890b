/** A measured number as a reader wants it: three significant digits. */
export function rounded(value: number): string {
  return Number.isFinite(value) ? String(Number(value.toPrecision(3))) : String(value);
}

/** A smallest tolerance, rounded up, so that what is printed passes when it is given. */
export function roundedUp(value: number): string {
  const nearest = Number(value.toPrecision(3));
  if (!Number.isFinite(value) || nearest >= value) return String(nearest);
  const step = 10 ** (Math.floor(Math.log10(value)) - 2);
  return String(Number((nearest + step).toPrecision(3)));
}
