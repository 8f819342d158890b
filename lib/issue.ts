/** One thing that is wrong, said so that its reader can mend it. */
export interface Issue {
  /** Stable identifier of the rule, kebab-case: `"gate-threshold-range"`. */
  readonly code: string;
  /** Where: a path into the definition (`training.gate.accuracy`), a file, or a construct path. */
  readonly path: string;
  /** What is wrong, with the value received and what is allowed. */
  readonly message: string;
  /** What to do about it. */
  readonly fix: string;
}

export function issue(code: string, path: string, message: string, fix: string): Issue {
  return { code, path, message, fix };
}

/** Everything that is wrong with one input, thrown once. `message` is ready to be printed. */
export class IssueError extends Error {
  override readonly name = 'IssueError';

  constructor(
    /** What was being checked: `definition "spam-filter"`. */
    readonly subject: string,
    readonly issues: readonly Issue[],
    options?: ErrorOptions,
  ) {
    super(formatIssues(subject, issues), options);
  }
}

/** Throws an `IssueError` when there is anything to report. */
export function throwIssues(subject: string, issues: readonly Issue[]): void {
  if (issues.length > 0) throw new IssueError(subject, issues);
}

export function formatIssues(subject: string, issues: readonly Issue[]): string {
  const count = issues.length === 1 ? '1 problem' : `${issues.length} problems`;
  const lines = issues.map(
    ({ code, path, message, fix }) => `  ${path}: ${message} [${code}]\n    fix: ${fix}`,
  );
  return [`${subject}: ${count}`, ...lines].join('\n');
}
