/** What a step of a workflow raises: a map with a message, and a code or tags where there are any. */
export class WorkflowError extends Error {
  constructor(
    /** As `except` sees it: a map, or the string that was raised. */
    readonly value: unknown,
  ) {
    super(typeof value === 'string' ? value : messageOf(value));
  }

  /** An error of the language itself, told by its tag: `KeyError`, `TypeError`. */
  static of(tag: string, message: string): WorkflowError {
    return new WorkflowError({ message, tags: [tag] });
  }

  /** An answer of a service that is none. */
  static http(code: number, message: string): WorkflowError {
    return new WorkflowError({ message, code, tags: ['HttpError'] });
  }
}

function messageOf(value: unknown): string {
  const { message } = (value ?? {}) as { message?: unknown };
  return typeof message === 'string' ? message : JSON.stringify(value);
}
