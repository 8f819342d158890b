/** What stands at a path like `training.gate.*.min`, where `*` is any name or index; nothing undefined. */
export function valuesAt(value: unknown, path: string): unknown[] {
  return path
    .split('.')
    .reduce<unknown[]>((values, key) => values.flatMap((inner) => childrenOf(inner, key)), [value])
    .filter((found) => found !== undefined);
}

function childrenOf(value: unknown, key: string): unknown[] {
  if (typeof value !== 'object' || value === null) return [];
  return key === '*' ? Object.values(value) : [(value as Record<string, unknown>)[key]];
}
