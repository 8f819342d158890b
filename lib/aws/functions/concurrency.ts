/** Transfers under way at once: enough to hide the latency of small objects. */
const TRANSFERS = 8;

/**
 * Runs `transfer` for every item, a few at a time. After the first failure no other begins; those under
 * way come to their end before it is thrown.
 */
export async function transferAll<T>(
  items: readonly T[],
  transfer: (item: T) => Promise<void>,
): Promise<void> {
  const queue = items.slice();
  const worker = async () => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await transfer(item);
  };
  const workers = Array.from({ length: TRANSFERS }, worker);
  try {
    await Promise.all(workers);
  } catch (error) {
    queue.length = 0;
    await Promise.allSettled(workers);
    throw error;
  }
}
