import { realpathSync } from "node:fs";
import { homedir } from "node:os";
import { basename, dirname, join, relative, resolve } from "node:path";
import { checkout } from "../checkout.ts";
import { format, text, whatIsWrongWithText, withFix } from "../issues.ts";

const NOTEBOOKS_EXAMPLE = "pulumi config set notebooks ~/notebooks";

function whatIsWrongWithFolder(folder: string): string | undefined {
  if (folder === "") return "is no folder";
  if (/\p{Cc}/u.test(folder)) return "has a line break or another control character in it";
  const wrong = whatIsWrongWithText(folder);
  if (wrong) return wrong;
  if (/^(\/+|~\/*|\.?(\/\.?)*)$/.test(folder))
    return "would give Jupyter more than a folder of notebooks; name a folder of its own";
  if (/^~[^/]/.test(folder)) return "names another user's home; write the path out";
  if (/(^|\/)\.\.(\/|$)/.test(folder)) return "leads upwards (..); write the path out from / or ~";
  return whatIsWrongWithPlace(real(resolve(checkout, folder.replace(/^~(?=\/|$)/, homedir()))), real(checkout));
}

/** Folders of the checkout that notebooks must not write to: what git tracks (a test holds this list to it), and what set-up makes. */
const OWN = [
  ".ci",
  ".git",
  ".state",
  "bench",
  "components",
  "docs",
  "files",
  "node_modules",
  "offline",
  "scripts",
  "settings",
  "tests",
];

/** Code in a notebook could write what its owner runs by the next `pulumi up`. */
function whatIsWrongWithPlace(folder: string, program: string): string | undefined {
  const [up] = relative(folder, program).split("/");
  if (up !== "..") return "has this program in it; name a folder of its own";
  // A Mac takes Files and files for one.
  const [first = ""] = relative(program, folder).toLowerCase().split("/");
  return OWN.includes(first) ? "is a folder of this program's own; name another one" : undefined;
}

/** A path without links in it, as far as there is anything. */
function real(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return dirname(path) === path ? path : join(real(dirname(path)), basename(path));
  }
}

/** Folder of this machine for the notebooks: absolute, below `~`, or relative to the checkout. */
export const notebooks = text("a folder", NOTEBOOKS_EXAMPLE).superRefine((folder, context) => {
  const wrong = whatIsWrongWithFolder(folder);
  if (wrong) context.addIssue({ code: "custom", message: withFix(`${format(folder)} ${wrong}.`, NOTEBOOKS_EXAMPLE) });
});
