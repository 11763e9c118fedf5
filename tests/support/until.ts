import { setTimeout as sleep } from "node:timers/promises";

/**
 * Polls until a condition is true.
 *
 * @param what the condition, for the message of the error after the time limit
 */
export async function until(what: string, isSo: () => unknown, seconds = 60): Promise<void> {
  const deadline = Date.now() + 1000 * seconds;
  while (!(await isSo())) {
    if (Date.now() > deadline) throw new Error(`After ${seconds} s: not yet ${what}.`);
    await sleep(20);
  }
}
