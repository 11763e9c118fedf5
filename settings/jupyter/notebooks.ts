import { realpathSync } from "node:fs";
import { homedir } from "node:os";
import { basename, dirname, join, relative, resolve } from "node:path";
import { checkout } from "../checkout.ts";
import { format, text, whatIsWrongWithText, withFix } from "../issues.ts";

const NOTEBOOKS_EXAMPLE = "pulumi config set notebooks ~/notebooks";

/** @param tooMuch what is wrong with a folder that has everything else in it, such as `/` and `~`. */
export function whatIsWrongWithPath(folder: string, tooMuch: string): string | undefined {
  if (folder === "") return "is not a folder";
  if (/\p{Cc}/u.test(folder)) return "has a line break or another control character in it";
  const wrong = whatIsWrongWithText(folder);
  if (wrong) return wrong;
  if (/^(\/+|~\/*|\.?(\/\.?)*)$/.test(folder)) return tooMuch;
  if (/^~[^/]/.test(folder)) return "is another user's home; write the full path";
  if (/(^|\/)\.\.(\/|$)/.test(folder)) return "contains ..; write the full path, starting with / or ~";
  return undefined;
}

function whatIsWrongWithFolder(folder: string): string | undefined {
  return (
    whatIsWrongWithPath(folder, "would give Jupyter more than a folder of notebooks; name a separate folder") ??
    whatIsWrongWithPlace(realPath(localPath(folder)), realPath(checkout))
  );
}

/**
 * Folders of the checkout that notebooks must not write to: those tracked by git (tested), and those that set-up
 * creates.
 */
const OWN = [
  ".ci",
  ".git",
  ".github",
  ".state",
  "bench",
  "components",
  "docs",
  "files",
  "node_modules",
  "offline",
  "package",
  "policy",
  "scripts",
  "settings",
  "tests",
];

/** Refuses folders in which code of a notebook could change programs that the next `pulumi up` runs. */
function whatIsWrongWithPlace(folder: string, program: string): string | undefined {
  const [up] = relative(folder, program).split("/");
  if (up !== "..") return "contains this program; name a separate folder";
  // On a Mac, Files and files are the same folder.
  const [first = ""] = relative(program, folder).toLowerCase().split("/");
  return OWN.includes(first) ? "belongs to this program; name another folder" : undefined;
}

/** A folder of this machine: absolute, below `~`, or relative to the checkout. */
export const localPath = (folder: string) => resolve(checkout, folder.replace(/^~(?=\/|$)/, homedir()));

/** A path with symbolic links resolved, as far as it exists. */
export function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return dirname(path) === path ? path : join(realPath(dirname(path)), basename(path));
  }
}

/** Folder of the notebooks on this machine: absolute, below `~`, or relative to the checkout. */
export const notebooks = text("a folder", NOTEBOOKS_EXAMPLE).superRefine((folder, context) => {
  const wrong = whatIsWrongWithFolder(folder);
  if (wrong) context.addIssue({ code: "custom", message: withFix(`${format(folder)} ${wrong}.`, NOTEBOOKS_EXAMPLE) });
});
