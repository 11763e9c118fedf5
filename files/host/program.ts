import { readdirSync, readFileSync } from "node:fs";
import { zlibSync } from "fflate";

const PACKAGE = "site_apply";

/**
 * The host's program as one text: `launcher.sh`, followed by a line `module NAME CODE` for each module of the Python package, so that
 * `pulumi preview --diff` names the changed ones. CODE is compressed, because Pulumi's engine copies and logs the text about ten times in
 * each preview. Node's own zlib would compress it differently on another kind of processor, and the preview would show a change.
 */
export function hostProgram(): string {
  const read = (path: string) => readFileSync(new URL(path, import.meta.url));
  const modules = readdirSync(new URL(PACKAGE, import.meta.url), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".py"))
    .sort();
  const lines = modules.map((file) => {
    const name = file.slice(0, -".py".length).replaceAll("/", ".");
    return `module ${PACKAGE}.${name} ${Buffer.from(zlibSync(read(`${PACKAGE}/${file}`))).toString("base64")}`;
  });
  return [`${read("launcher.sh")}`, ...lines, `end ${modules.length}`, ""].join("\n");
}

/** The last line of the program. It is missing if the transfer was cut off. */
export const endOf = (program: string): string => program.trimEnd().split("\n").at(-1) ?? "";
