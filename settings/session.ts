import { z } from "zod";
import { notAnObject } from "./history.ts";
import { format, setThis, withFix } from "./issues.ts";

/** How long a session lasts. */
export interface Session {
  /** Seconds without use after which it ends. */
  idle: number;
  /** Seconds after the sign-in at which it ends, even if it is used. */
  max: number;
}

const SECONDS: Record<string, number> = { m: 60, h: 60 * 60, d: 24 * 60 * 60 };

/** A duration such as 90m, 12h or 30d. In seconds. */
export function duration(least: string, most: string, example: string) {
  const wrong = {
    error: (issue: { input?: unknown }) =>
      withFix(
        `${format(issue.input)} is not a duration from ${least} to ${most}, such as 90m, 12h or 30d.`,
        setThis(example),
      ),
  };
  return z
    .string(wrong)
    .refine((text) => secondsOf(text) >= secondsOf(least) && secondsOf(text) <= secondsOf(most), wrong)
    .transform(secondsOf)
    .prefault(example);
}

/** Seconds of a duration; NaN for any other text. */
function secondsOf(text: string): number {
  const [, number, unit] = /^([0-9]{1,5})([mhd])$/.exec(text) ?? [];
  return number && unit ? Number(number) * (SECONDS[unit] ?? Number.NaN) : Number.NaN;
}

/** How long a session lasts without use, and at most. */
export const session = z
  .strictObject({ idle: duration("5m", "365d", "12h"), max: duration("5m", "365d", "30d") }, notAnObject("session"))
  .prefault({});
