/** A directory of the artifact store that a step reads or writes, or a file of it. */
export interface StoreLocation {
  /** Path within the bucket, that of a directory with `/` at its end, as an expression of the workflow without its `${}`. */
  readonly path: string;
  /** Prefixes of the store it may lie under; `*` stands for any run. */
  readonly prefixes: readonly string[];
}

export type StoreLocations = Readonly<Record<string, StoreLocation>>;

/** Every prefix of the locations, once. */
export function prefixesOf(locations: StoreLocations): string[] {
  return [...new Set(Object.values(locations).flatMap(({ prefixes }) => prefixes))];
}
