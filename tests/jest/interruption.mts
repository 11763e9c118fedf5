/** Ctrl-C during the tests: test files still release what they made. */

import type { ChildProcess } from "node:child_process";
import { subscribe, unsubscribe } from "node:diagnostics_channel";

/** The programs that this process starts from now on. */
interface StartedProcesses {
  /** Sends a signal to the running ones whose command line matches. */
  signal(signal: NodeJS.Signals, matches?: (words: string[]) => boolean): void;
  forget(): void;
}

export function startedProcesses(): StartedProcesses {
  const started = new Set<ChildProcess>();
  const note = (message: unknown) => {
    const { process } = message as { process: ChildProcess };
    started.add(process);
    process.once("exit", () => started.delete(process));
  };
  subscribe("child_process", note);
  return {
    signal(signal, matches = () => true) {
      for (const process of started) if (process.pid && matches(process.spawnargs)) process.kill(signal);
    },
    forget: () => void unsubscribe("child_process", note),
  };
}

/** Ctrl-C in the process of a test file. A terminal sends SIGINT to all processes; the runner sends SIGTERM. */
export class Interruption {
  hasHappened = false;
  private readonly happened = Promise.withResolvers<never>();
  private readonly wrapped = new WeakSet<object>();

  constructor() {
    this.happened.promise.catch(() => {});
    const programs = startedProcesses();
    process.on("SIGINT", () => this.happen());
    process.on("SIGTERM", () => {
      // Without a terminal, the programs that the tests started have not heard of it.
      if (!this.hasHappened) programs.signal("SIGINT");
      this.happen();
    });
  }

  /** Makes a function of a test file end with an error when the interruption happens, and not start after it. */
  ends(work: () => unknown): () => unknown {
    if (this.wrapped.has(work)) return work;
    const ending = async () => Promise.race([this.happened.promise, this.hasHappened || work()]);
    this.wrapped.add(ending);
    return ending;
  }

  private happen(): void {
    this.hasHappened = true;
    this.happened.reject(new Error("Interrupted."));
  }
}
