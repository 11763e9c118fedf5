import { PlainError } from "../cli/plainError.ts";
import { targetOf } from "./site.ts";

/**
 * Refuses `--ignore-protect` where it would delete the disk with people's work: `pulumi destroy` and `pulumi up` then do not ask
 * protectData, and the program is not run.
 *
 * @param args those of the CLI
 * @param config the stack's configuration, by whole names
 * @throws PlainError
 */
export function refuseIgnoreProtect(args: string[], config: Record<string, unknown>): void {
  if (!args.some((arg) => /^--ignore-protect(=true)?$/.test(arg))) return;
  if (targetOf(config) !== "gcp" || String(config["jupyter-up:protectData"] ?? true) === "false") return;
  throw new PlainError(
    "--ignore-protect would delete the disk with your work on it, which protectData keeps. Nothing was changed.",
    "Download what you need. Then say that the disk may go, and run the command again without --ignore-protect:\n\n    pulumi config set protectData false && pulumi up",
  );
}
