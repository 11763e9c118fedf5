import { readFileSync } from "node:fs";

/** What Pulumi's console shows beside a stack, with the stack's outputs in their places. */
export function stackReadme(): string {
  return readFileSync(new URL("../Pulumi.README.md", import.meta.url), "utf8");
}
