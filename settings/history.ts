import { z } from "zod";
import { digitsAsNumber, format, setThis, withFix } from "./issues.ts";

/** The history of the site's folders and databases. False: the history is off. */
export type History =
  | {
      /** Minutes between two states. */
      every: number;
      /** For how many days every state is kept, and for how many days one state an hour, a day and a month. */
      keep: { all: number; hourly: number; daily: number; monthly: number };
      /** The largest share of the disk, in percent. */
      maxPercent: number;
    }
  | false;

/** A whole number in a range. */
export function whole(what: string, least: number, most: number, example: number, isOther = (_value: number) => false) {
  const wrong = {
    error: (issue: { input?: unknown }) =>
      withFix(`${format(issue.input)} is not a ${what}.`, setThis(String(example))),
  };
  return z
    .preprocess(
      digitsAsNumber,
      z.int(wrong).refine((value) => isOther(value) || (value >= least && value <= most), wrong),
    )
    .default(example);
}

export const days = (example: number) => whole("number of days from 0 to 3650", 0, 3650, example);
/** The issue of a setting of another type. @param describe says what was found. */
export const notAnObject = (setting: string, describe: (found: unknown) => string = format) => ({
  error: (issue: { code?: string; input?: unknown }) =>
    issue.code === "invalid_type"
      ? withFix(`expected an object, found ${describe(issue.input)}.`, `pulumi config rm ${setting}`)
      : undefined,
});

/** How often a state is saved, for how long it is kept, and how much of the disk all states may use. */
export const history = z.strictObject(
  {
    /** Minutes between two states, 5 to 1440. 0: the history is off. */
    every: whole("number of minutes from 5 to 1440, or 0 for no history", 5, 1440, 15, (value) => value === 0),
    keep: z
      .strictObject({ all: days(1), hourly: days(7), daily: days(30), monthly: days(365) }, notAnObject("history"))
      .default({ all: 1, hourly: 7, daily: 30, monthly: 365 }),
    /** Percent of the disk, 1 to 50. */
    maxPercent: whole("percentage from 1 to 50", 1, 50, 20),
  },
  notAnObject("history"),
);
