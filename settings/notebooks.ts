import { fault, shown, text } from "./faults.ts";

const NOTEBOOKS_EXAMPLE = "pulumi config set notebooks ~/notebooks";

function whatIsWrongWithFolder(folder: string): string | undefined {
  if (folder === "") return "is no folder";
  if (/\p{Cc}/u.test(folder)) return "has a line break or another control character in it";
  if (/^(\/+|~\/*|\.?(\/\.?)*)$/.test(folder))
    return "would give Jupyter more than a folder of notebooks; name a folder of its own";
  if (/^~[^/]/.test(folder)) return "names another user's home; write the path out";
  if (/(^|\/)\.\.(\/|$)/.test(folder)) return "leads upwards (..); write the path out from / or ~";
  if (/^(\.\/+)*\.(state|git)(\/|$)/.test(folder)) return "is a folder of this program's own; name another one";
  return undefined;
}

/** Folder of this machine for the notebooks: absolute, below `~`, or relative to the checkout. */
export const notebooks = text("a folder", NOTEBOOKS_EXAMPLE)
  .trim()
  .superRefine((folder, context) => {
    const wrong = whatIsWrongWithFolder(folder);
    if (wrong) context.addIssue({ code: "custom", message: fault(`${shown(folder)} ${wrong}.`, NOTEBOOKS_EXAMPLE) });
  });
