/** Jest's asymmetric matchers, typed so that they fit anywhere. */
export const matching = (pattern: RegExp): unknown => expect.stringMatching(pattern);
export const containing = (text: string): unknown => expect.stringContaining(text);
export const anything = (): unknown => expect.anything();

/** What a call throws, `undefined` where it does not. */
export function thrownBy(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  return undefined;
}
