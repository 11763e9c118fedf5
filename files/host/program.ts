import { readdirSync, readFileSync } from "node:fs";

const PACKAGE = "site_apply";

/**
 * The host's program as one text: `launcher.sh`, followed by the modules of the Python package. Each module is a line
 * `module NAME` and its lines after a bar, so `pulumi preview --diff` compares line by line.
 */
export function hostProgram(): string {
  const read = (path: string) => readFileSync(new URL(path, import.meta.url), "utf8");
  const modules = readdirSync(new URL(PACKAGE, import.meta.url), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".py"))
    .sort();
  const texts = modules.map((file) => {
    const lines = read(`${PACKAGE}/${file}`).trimEnd().split("\n");
    const name = file.slice(0, -".py".length).replaceAll("/", ".");
    return [`module ${PACKAGE}.${name}`, ...lines.map((line) => `|${line}`)].join("\n");
  });
  return [`${read("launcher.sh")}`, ...texts, `end ${modules.length}`, ""].join("\n");
}

/** The last line of the program. It is missing if the transfer was cut off. */
export const endOf = (program: string): string => program.trimEnd().split("\n").at(-1) ?? "";
