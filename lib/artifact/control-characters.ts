/** Whether a name holds what no name should: a zero byte, a line break, a bell. */
export function hasControlCharacters(text: string): boolean {
  return Buffer.from(text).some((byte) => byte < 0x20);
}
