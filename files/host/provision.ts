import { readFileSync } from "node:fs";

/**
 * The program that prepares a machine, as one text: `provision.sh`, with each file that it includes in place of the line that
 * names it. It runs before anything is installed that could unpack files.
 */
export function provisionProgram(): string {
  const read = (path: string) => readFileSync(new URL(path, import.meta.url), "utf8");
  return read("provision.sh").replace(/^\. (provision\/\w+\.sh)\n/gm, (_, part: string) => `\n${read(part)}`);
}
