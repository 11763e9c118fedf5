/**
 * Ctrl-C, for scripts that must undo what they started: the first one aborts `interrupted`, and `finally` blocks do the
 * rest.
 */

const controller = new AbortController();
const listeners = new Set<() => void>();

// A typed Ctrl-C arrives twice: from the terminal, and again from npm, which passes it on.
const sameKeystroke = 1000;

/** Aborted by the first Ctrl-C (or TERM, or HUP). Pass it to everything that can be cancelled. */
export const interrupted: AbortSignal = controller.signal;

/** The reason of `interrupted`. */
export class Interruption extends Error {
  override name = "Interruption";
}

/**
 * Calls `listener` at every Ctrl-C, for work that cannot just be cancelled. Returns the function that removes the
 * listener.
 */
export function onInterrupt(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

let last = Number.NEGATIVE_INFINITY;

/**
 * Handles a Ctrl-C. Also called for a command that Ctrl-C has ended: the terminal sends the signal to both, and the
 * command's end may be noticed first.
 */
export function interrupt(): void {
  const now = performance.now();
  if (now - last < sameKeystroke) return;
  last = now;
  controller.abort(new Interruption("Interrupted."));
  for (const listener of listeners) listener();
}

/** From now on a signal no longer ends this process at once. */
export function catchInterrupts(): void {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, interrupt);
}
