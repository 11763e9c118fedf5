import { z } from "zod";
import { digitsAsNumber, fault, shown } from "./issues.ts";

/** A TCP port that something can listen on. */
export function port(key: string, example: number) {
  const wrong = {
    error: (issue: { input?: unknown }) =>
      fault(
        `${shown(issue.input)} is no port; a port is a whole number from 1 to 65535.`,
        `pulumi config set ${key} ${example}`,
      ),
  };
  return z.preprocess(digitsAsNumber, z.int(wrong).min(1, wrong).max(65535, wrong));
}
