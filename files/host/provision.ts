import { readFileSync } from "node:fs";

/**
 * The program that prepares a machine, as one text: `provision.sh`, in which the content of each included file replaces the
 * line that includes it. It is one text because a new machine has nothing that could unpack files.
 */
export function provisionProgram(): string {
  const read = (path: string) => readFileSync(new URL(path, import.meta.url), "utf8");
  return read("provision.sh").replace(/^\. (provision\/\w+\.sh)\n/gm, (_, part: string) => `\n${read(part)}`);
}
