import { PlainError } from "../cli/plainError.ts";
import { targetOf } from "./site.ts";

/**
 * Refuses `--ignore-protect` if it would delete the disk with users' work: with this flag, `pulumi destroy` and `pulumi
 * up` ignore protectData, and the program does not run.
 *
 * @param args the CLI's arguments
 * @param config the stack's configuration, by full names
 * @throws PlainError
 */
export function refuseIgnoreProtect(args: string[], config: Record<string, unknown>): void {
  if (!args.some((arg) => /^--ignore-protect(=true)?$/.test(arg))) return;
  if (targetOf(config) !== "gcp" || String(config["jupyter-up:protectData"] ?? true) === "false") return;
  throw new PlainError(
    "--ignore-protect would delete the disk with your work, which protectData protects. Nothing was changed.",
    "Download what you need. Then allow the deletion of the disk, and run the command again without --ignore-protect:\n\n    pulumi config set protectData false && pulumi up",
  );
}
