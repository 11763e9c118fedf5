import { globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { PlainError } from "../../scripts/cli/plainError.ts";

/**
 * Waits until a condition is true. Fails as soon as one of the programs has ended.
 *
 * @param what the condition, for the error
 * @param logs folders of the programs' logs; scripts/start.sh fills them
 */
export async function whileProgramsRun(
  what: string,
  logs: string[],
  isSo: () => Promise<boolean>,
  seconds = 60,
): Promise<void> {
  const deadline = Date.now() + 1000 * seconds;
  while (!(await isSo())) {
    const ended = logs.flatMap((folder) => globSync(join(folder, "*.ended")));
    if (ended.length > 0) throw new PlainError(`The cluster is not ${what}.`, ...ended.map(describeEnd));
    if (Date.now() > deadline) {
      const ends = logs.flatMap((folder) => globSync(join(folder, "*.log"))).map(endOfLog);
      throw new PlainError(`The cluster is not ${what} after ${seconds} s.`, ...ends);
    }
    await pause(100);
  }
}

function describeEnd(file: string): string {
  const code = readFileSync(file, "utf8").trim();
  const log = file.replace(/ended$/, "log");
  return `${basename(file, ".ended")} ended with exit code ${code}. ${endOfLog(log)}`;
}

function endOfLog(log: string): string {
  const lines = readFileSync(log, "utf8").trimEnd().split("\n").slice(-8);
  return [`The end of ${log}:`, ...lines.map((line) => `  ${line.slice(0, 300)}`)].join("\n");
}
