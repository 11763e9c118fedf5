import { useOwnEnvironment } from "./environment.ts";
import { catchInterrupts, Interruption } from "./interruption.ts";
import { PlainError } from "./plainError.ts";

/**
 * Runs a script to its end and makes its exit code this process's: what `script` returns, 1 after an error, 130 after Ctrl-C.
 * Errors meant for the user are printed as their text alone; anything else is a fault of ours and keeps its stack trace.
 */
export async function main(script: () => Promise<number>): Promise<void> {
  catchInterrupts();
  // A terminal that is closed is no reason to leave undone what has to be undone.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});
  useOwnEnvironment();
  // Where `su` leaves root with a user's PATH: dockerd, debootstrap and their like live there.
  process.env.PATH += ":/usr/local/sbin:/usr/sbin:/sbin";
  try {
    process.exitCode = await script();
  } catch (error) {
    if (error instanceof Interruption) {
      process.stderr.write("\nInterrupted. Run the command again to go on.\n");
      process.exitCode = 130;
      return;
    }
    process.stderr.write(`\n${error instanceof PlainError ? error.message : stackOf(error)}\n`);
    process.exitCode = 1;
  }
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
