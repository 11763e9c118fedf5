import { setTimeout as sleep } from "node:timers/promises";

/**
 * Polls until a condition is true. An expensive check, such as a command of Docker, runs less often: it would slow down what the
 * test waits for.
 *
 * @param what the condition, for the message of the error after the time limit
 */
export async function until(what: string, isSo: () => unknown, seconds = 60): Promise<void> {
  const deadline = Date.now() + 1000 * seconds;
  for (;;) {
    const began = Date.now();
    if (await isSo()) return;
    if (Date.now() > deadline) throw new Error(`After ${seconds} s: not yet ${what}.`);
    await sleep(Math.min(Math.max(20, 2 * (Date.now() - began)), 500));
  }
}
