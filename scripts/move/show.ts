import { attempt } from "../cli/command.ts";
import { projectFolder } from "../cli/folders.ts";
import { PlainError } from "../cli/plainError.ts";
import type { StackSite } from "../machine/stackSite.ts";
import { factsOf, type MovingSite } from "./site.ts";

/** Asks a site what it has. Throws PlainError if it does not answer. */
export async function show(site: StackSite): Promise<MovingSite> {
  const { stack, program, env } = site;
  const { code, stdout, stderr } = await attempt("sh", ["-c", program.line(["move", "show"])], {
    cwd: projectFolder,
    env,
  });
  if (code !== 0) throw new PlainError(`The site of ${stack} does not answer:`, stderr.trim());
  return { ...site, ...factsOf(stdout) };
}
