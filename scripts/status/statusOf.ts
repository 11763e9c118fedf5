import { attempt } from "../cli/command.ts";
import { projectFolder } from "../cli/folders.ts";
import { PlainError } from "../cli/plainError.ts";
import type { StackSite } from "../machine/stackSite.ts";
import { localStack } from "../pulumi/localStack.ts";
import { type Report, report } from "./report.ts";

/**
 * Asks the program on the site's machine. Throws PlainError.
 * @param timeout milliseconds; undefined: no limit
 */
export async function statusOf({ stack, program, env }: StackSite, timeout?: number): Promise<Report> {
  const asked = { cwd: projectFolder, env, ...(timeout ? { timeout } : {}) };
  const { code, stdout, stderr } = await attempt("sh", ["-c", program.line(["status"])], asked);
  const up = `Run this first, so that it does: ${stack === localStack ? "npm start" : `npm run pulumi -- up -s ${stack}`}`;
  if (code !== 0) {
    const isOld = stderr.includes("expected machine, secrets, release");
    throw new PlainError(`The site of ${stack} does not tell its status:`, stderr.trim(), ...(isOld ? [up] : []));
  }
  const read = report.safeParse(JSON.parse(stdout));
  if (!read.success) throw new PlainError(`The site of ${stack} runs another version of this program.`, up);
  return read.data;
}
