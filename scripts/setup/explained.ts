import { existsSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { parseEvent } from "./engineEvents.ts";
import { explanations } from "./explain.ts";
import { stateFolder } from "./folders.ts";
import { ensureStateFolder } from "./localStack.ts";

/**
 * Runs an operation of the CLI that a person watches, and says below it in plain words what providers refused.
 *
 * @param operation gets the variables that make the CLI write its events into a file, and returns its exit code
 */
export async function explained(operation: (env: Record<string, string>) => Promise<number>): Promise<number> {
  await ensureStateFolder();
  const log = join(stateFolder, `events-${process.pid}.jsonl`);
  try {
    // The option is for the CLI's own developers, and has to be asked for.
    const code = await operation({ PULUMI_DEBUG_COMMANDS: "true", PULUMI_OPTION_EVENT_LOG: log });
    const lines = code === 0 || !existsSync(log) ? [] : (await readFile(log, "utf8")).split("\n");
    const events = lines.flatMap((line) => parseEvent(line) ?? []);
    for (const words of explanations(events)) process.stderr.write(`\n${words.replace(/\n(?=[^\n]*$)/, "\n  ")}\n`);
    return code;
  } finally {
    await rm(log, { force: true });
  }
}
