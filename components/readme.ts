import { readFileSync } from "node:fs";

/** The text that Pulumi Cloud's console shows for a stack; the console fills in the stack's outputs. */
export function stackReadme(): string {
  return readFileSync(new URL("../Pulumi.README.md", import.meta.url), "utf8");
}
