import { z } from "zod";
import { format, setThis, withFix } from "./issues.ts";

const LEAST_MIB = 256;
const MIB: Record<string, number> = { m: 1, g: 1024 };

/** An amount of memory such as 512m or 2g. In MiB. */
export function memory(example: string) {
  const wrong = {
    error: (issue: { input?: unknown }) =>
      withFix(
        `${format(issue.input)} is not an amount of memory from ${LEAST_MIB}m on, such as 512m or 2g.`,
        setThis(example),
      ),
  };
  return z
    .string(wrong)
    .refine((text) => mibOf(text) >= LEAST_MIB, wrong)
    .transform(mibOf);
}

/** MiB of an amount of memory; NaN for any other text. */
function mibOf(text: string): number {
  const [, number, unit] = /^([0-9]{1,5})([mg])$/.exec(text) ?? [];
  return number && unit ? Number(number) * (MIB[unit] ?? Number.NaN) : Number.NaN;
}
