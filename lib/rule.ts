/** What a rule finds of one subject. */
export type Verdict =
  | { readonly kind: 'not-applicable' }
  | { readonly kind: 'compliant' }
  | { readonly kind: 'non-compliant'; readonly message: string };

export const NOT_APPLICABLE: Verdict = { kind: 'not-applicable' };
export const COMPLIANT: Verdict = { kind: 'compliant' };

export function nonCompliant(message: string): Verdict {
  return { kind: 'non-compliant', message };
}

/** One thing that what a target deploys is checked for. */
export interface RuleOf<Subject, Subjects extends Iterable<Subject>> {
  /** Kebab-case and stable: acknowledged by it. */
  readonly id: string;
  /** An error stops the synthesis; a warning is shown. */
  readonly level: 'error' | 'warning';
  /** What goes wrong where it is not kept. */
  readonly cause: string;
  readonly fix: string;
  /** Looks at one subject, in the light of all others. */
  check(subject: Subject, all: Subjects): Verdict;
}
