import { attempt } from "../cli/command.ts";
import { projectFolder } from "../cli/folders.ts";
import { PlainError } from "../cli/plainError.ts";
import { factsOf, type MovingSite, type Reached } from "./site.ts";

/** Asks a site what it has. Throws PlainError if it does not answer. */
export async function show(reached: Reached): Promise<MovingSite> {
  const { stack, program, env } = reached;
  const { code, stdout, stderr } = await attempt("sh", ["-c", program.line(["move", "show"])], {
    cwd: projectFolder,
    env,
  });
  if (code !== 0) throw new PlainError(`The site of ${stack} does not answer:`, stderr.trim());
  return { ...reached, ...factsOf(stdout) };
}
