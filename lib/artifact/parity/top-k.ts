/**
 * Rows whose k largest elements the candidate has right. Equal values may stand for each other: what
 * counts is that none of the candidate's k choices is, in the reference, below its k-th largest.
 *
 * @param row elements per row
 */
export function countTopK(
  reference: Float64Array,
  candidate: Float64Array,
  row: number,
  k: number,
): { readonly rows: number; readonly agreeing: number } {
  const rows = row === 0 ? 0 : reference.length / row;
  let agreeing = 0;
  for (let start = 0; start < reference.length; start += row) {
    const wanted = reference.subarray(start, start + row);
    const threshold = wanted[largest(wanted, k).at(-1) ?? 0] ?? NaN;
    const chosen = largest(candidate.subarray(start, start + row), k);
    if (chosen.every((index) => (wanted[index] ?? NaN) >= threshold)) agreeing++;
  }
  return { rows, agreeing };
}

/** Indices of the k largest, the largest first; NaN is smallest. */
function largest(values: Float64Array, k: number): number[] {
  const order = (value = NaN) => (Number.isNaN(value) ? -Infinity : value);
  return Array.from(values.keys())
    .sort((a, b) => order(values[b]) - order(values[a]) || a - b)
    .slice(0, k);
}
