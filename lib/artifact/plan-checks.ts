import { issue, throwIssues, type Issue } from '../issue';
import { CHECKS } from './checks';
import type { Check } from './checks/check';

export interface CheckSelection {
  /** Checks of the caller, run after the library's own. @default - none */
  readonly checks?: readonly Check[];
  /**
   * Checks that are not to be run: the reason for each, by its id. They are listed in the report as
   * skipped, with the reason, and hold up no other check.
   * @default - none
   */
  readonly exclude?: Readonly<Record<string, string>>;
}

/**
 * The checks in the order they are run: those that may forbid to execute the model, and what they
 * follow from, before all others.
 *
 * @throws IssueError for an id that is there twice, or one that is named and does not exist
 */
export function planChecks(
  { checks = [], exclude = {} }: CheckSelection,
  demanded: readonly Check[],
): Check[] {
  const all = [...demanded, ...CHECKS, ...checks];
  throwIssues('verify', [...doubleIds(all), ...unknownIds(all, exclude)]);
  const first = new Set(all.filter(({ blocksExecution }) => blocksExecution));
  for (const { after } of first) {
    for (const check of all) if (after.includes(check.id)) first.add(check);
  }
  return [...all.filter((check) => first.has(check)), ...all.filter((check) => !first.has(check))];
}

function doubleIds(checks: readonly Check[]): Issue[] {
  const ids = checks.map(({ id }) => id);
  const doubled = ids.filter((id, index) => ids.indexOf(id) !== index);
  return doubled.map((id) =>
    issue('check-id', `checks: ${id}`, 'is the id of two checks', 'give the check an id of its own'),
  );
}

function unknownIds(checks: readonly Check[], exclude: Readonly<Record<string, string>>): Issue[] {
  const ids = checks.map(({ id }) => id);
  const fix = `name one of ${ids.join(', ')}`;
  const after = checks.flatMap((check, index) =>
    check.after
      .filter((id) => !ids.slice(0, index).includes(id))
      .map((id) =>
        issue('check-unknown', `checks: ${check.id}: after`, `"${id}" is the id of no check before it`, fix),
      ),
  );
  const excluded = Object.entries(exclude).flatMap(([id, reason]) => [
    ...(ids.includes(id) ? [] : [issue('check-unknown', `exclude: ${id}`, 'is the id of no check', fix)]),
    ...(reason.trim() === ''
      ? [issue('exclude-reason', `exclude: ${id}`, 'has no reason', 'say why it is not to be run')]
      : []),
  ]);
  return [...after, ...excluded];
}
