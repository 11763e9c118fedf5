import { type ChildProcess, spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import { projectFolder } from "../cli/folders.ts";
import { Interruption, interrupted, onInterrupt } from "../cli/interruption.ts";
import { PlainError } from "../cli/plainError.ts";
import type { StackSite } from "../machine/stackSite.ts";

/**
 * Connects a step of the old site with one of the new site, so that each reads what the other one writes. Nothing is stored on
 * this machine.
 */
export async function exchange(from: StackSite, sending: string, to: StackSite, receiving: string): Promise<void> {
  interrupted.throwIfAborted();
  const [one, other] = [startStep(from, sending), startStep(to, receiving)];
  connect(one.stdout, other.stdin);
  connect(other.stdout, one.stdin);
  let stopListening = () => {};
  const cut = new Promise<never>((_, reject) => {
    stopListening = onInterrupt(() => {
      // Both end by themselves when they have nobody to talk to.
      for (const child of [one, other]) {
        child.stdin.destroy();
        child.stdout.destroy();
        child.unref();
      }
      reject(new Interruption("Interrupted."));
    });
  });
  const codes = await Promise.race([Promise.all([codeOf(one), codeOf(other)]), cut]).finally(stopListening);
  if (codes.some((code) => code !== 0))
    throw new PlainError(
      sending === "compare"
        ? "The two sites do not have the same files, so the new one was not opened."
        : "Not everything was copied.",
      "Run the same command again: it continues.",
    );
}

function startStep({ program, env }: StackSite, step: string) {
  return spawn("sh", ["-c", program.line(["move", step])], {
    cwd: projectFolder,
    env: { ...process.env, ...env },
    stdio: ["pipe", "pipe", "inherit"],
    detached: true,
  });
}

function connect(output: Readable, input: Writable): void {
  // The exit code tells of a side that ended early.
  input.on("error", () => output.resume());
  output.on("error", () => {});
  output.pipe(input);
}

const codeOf = (child: ChildProcess): Promise<number> =>
  new Promise((resolve, reject) => {
    child.on("error", () => reject(new PlainError("sh could not be started.")));
    child.on("close", (code) => resolve(code ?? 1));
  });
