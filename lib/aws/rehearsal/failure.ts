/** What a task fails with: its error's name and cause. */
export function failure(name: string, cause: string): Error {
  return Object.assign(new Error(cause), { name });
}
