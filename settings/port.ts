import { z } from "zod";
import { digitsAsNumber, format, withFix } from "./issues.ts";

/**
 * A TCP port that something can listen on.
 * @param fix command that sets one.
 */
export function port(fix: string) {
  const wrong = {
    error: (issue: { input?: unknown }) =>
      withFix(`${format(issue.input)} is no port; a port is a whole number from 1 to 65535.`, fix),
  };
  return z.preprocess(digitsAsNumber, z.int(wrong).min(1, wrong).max(65535, wrong));
}
