import { throwIssues } from '../../issue';

/** Names of the candidate's inputs or outputs, by the reference's. */
export type NameMap = Readonly<Record<string, string>>;

const FIX = 'say which belongs to which with `names`';

/**
 * Which input (or output) of the candidate is which of the reference: as told, else that of the same
 * name, else, where both have equally many, the one in the same place. An input that only the reference
 * has is left out: the conversion made it a constant.
 *
 * @param referenceValues by name; what they are does not matter
 * @throws IssueError with everything that has no counterpart, or two
 */
export function correspond(
  side: 'input' | 'output',
  referenceValues: object = {},
  candidateValues: object,
  told: NameMap = {},
): NameMap {
  const [reference, candidate] = [Object.keys(referenceValues), Object.keys(candidateValues)];
  const placed = reference.length === candidate.length;
  const pairs = reference.flatMap((name, place): (readonly [string, string])[] => {
    const counterpart =
      told[name] ?? (candidate.includes(name) ? name : placed ? candidate[place] : undefined);
    return counterpart === undefined ? [] : [[name, counterpart]];
  });
  const taken = pairs.map(([, name]) => name);
  const problems = [
    ...Object.keys(told)
      .filter((name) => !reference.includes(name))
      .map((name) => `the reference has no ${side} "${name}", only ${list(reference)}`),
    ...taken
      .filter((name) => !candidate.includes(name))
      .map((name) => `the candidate has no ${side} "${name}", only ${list(candidate)}`),
    ...[...new Set(taken.filter((name, place) => taken.indexOf(name) !== place))].map(
      (name) => `the candidate's ${side} "${name}" belongs to more than one of the reference`,
    ),
    ...candidate
      .filter((name) => side === 'input' && !taken.includes(name))
      .map((name) => `the candidate's input "${name}" is none of the reference's, ${list(reference)}`),
    ...(pairs.length === 0 ? [`the models have no ${side} in common`] : []),
  ];
  const issues = problems.map((message) => ({ code: 'parity-names', path: `${side}s`, message, fix: FIX }));
  throwIssues('compare', issues);
  return Object.fromEntries(pairs);
}

/** Values of the names in the map, by what they are mapped to. */
export function renameKeys<T>(values: Readonly<Record<string, T>>, names: NameMap): Record<string, T> {
  const renamed = Object.entries(names).filter(([name]) => Object.hasOwn(values, name));
  return Object.fromEntries(renamed.map(([name, other]) => [other, values[name] as T]));
}

function list(names: readonly string[]): string {
  return names.length === 0 ? 'none' : names.map((name) => `"${name}"`).join(', ');
}
