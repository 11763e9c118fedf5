import { existsSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { layOut } from "../../components/explain/explain.ts";
import type { Target } from "../../components/explain/rule.ts";
import { stateFolder } from "../cli/folders.ts";
import { parseEvent, plainErrors } from "./engineEvents.ts";
import { explanations, explanationsOfTheCli, pendingOperations, restoreNotice } from "./explanations.ts";
import { ensureStateFolder } from "./localStack.ts";
import { hintFor } from "./pulumiCli.ts";

/**
 * Runs a CLI operation that a person watches, and explains errors of providers and of the CLI below its output. Returns
 * the exit code.
 *
 * @param target the machine of the stack's commands
 * @param operation runs the CLI: it receives the variables that make the CLI write its events to a file and a callback for
 *   the CLI's standard error, and returns the exit code
 */
export async function explained(
  target: Target,
  operation: (env: Record<string, string>, onStderr: (chunk: string) => void) => Promise<number>,
): Promise<number> {
  await ensureStateFolder();
  const log = join(stateFolder, `events-${process.pid}.jsonl`);
  try {
    // The option is hidden, and this variable enables it.
    const env = { PULUMI_DEBUG_COMMANDS: "true", PULUMI_OPTION_EVENT_LOG: log };
    let stderr = "";
    const code = await operation(env, (chunk) => {
      stderr += chunk;
    });
    const lines = existsSync(log) ? (await readFile(log, "utf8")).split("\n") : [];
    const events = lines.flatMap((line) => parseEvent(line) ?? []);
    const words =
      code === 0 ? pendingOperations(events) : [...explanations(events, target), ...explanationsOfTheCli(stderr)];
    const read = [...words, ...(code === 0 ? [] : [...plainErrors(events), stderr])];
    const shown = [...words.map(layOut), ...restoreNotice(events)];
    for (const text of shown) process.stderr.write(`\n${text}\n`);
    for (const hint of hintFor(read)) process.stderr.write(`\n${hint}\n`);
    return code;
  } finally {
    await rm(log, { force: true });
  }
}
