import { z } from "zod";
import { digitsAsNumber, format, withFix } from "./issues.ts";

/**
 * A TCP port setting, 1 to 65535.
 * @param fix command that sets a port.
 */
export function port(fix: string) {
  const wrong = {
    error: (issue: { input?: unknown }) =>
      withFix(`${format(issue.input)} is not a port; a port is a whole number from 1 to 65535.`, fix),
  };
  return z.preprocess(digitsAsNumber, z.int(wrong).min(1, wrong).max(65535, wrong));
}
