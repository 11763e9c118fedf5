import { setTimeout as sleep } from "node:timers/promises";

/**
 * Looks again and again until something is so.
 *
 * @param what what is waited for, in the words of the error that ends a wait of too many seconds
 */
export async function until(what: string, isSo: () => unknown, seconds = 60): Promise<void> {
  const deadline = Date.now() + 1000 * seconds;
  while (!(await isSo())) {
    if (Date.now() > deadline) throw new Error(`After ${seconds} s: not yet ${what}.`);
    await sleep(20);
  }
}
