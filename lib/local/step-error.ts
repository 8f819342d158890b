/** A step that failed: its cause in one line, and the log that has the rest. */
export class StepError extends Error {
  override readonly name = 'StepError';

  constructor(
    cause: string,
    /** Path of the log; absent where the step writes none. */
    readonly log?: string,
  ) {
    super(cause);
  }
}
