import { useOwnEnvironment } from "./environment.ts";
import { catchInterrupts, Interruption } from "./interruption.ts";
import { PlainError } from "./plainError.ts";

/**
 * Runs a script and sets this process's exit code: the result of `script`, 1 after an error, 130 after Ctrl-C. Errors
 * meant for the user are printed as plain text; any other is a bug and keeps its stack trace.
 */
export async function main(script: () => Promise<number>): Promise<void> {
  catchInterrupts();
  // Finish the clean-up even if the terminal is gone.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});
  useOwnEnvironment();
  // `su` leaves root with the user's PATH, which lacks the folders of dockerd, debootstrap and similar programs.
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
