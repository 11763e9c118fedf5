import { z } from "zod";
import { allowEntry } from "./allow.ts";
import { LABEL } from "./domain.ts";
import {
  alwaysOnLists,
  format,
  REMOVE_THIS,
  refuseRepeatedNames,
  removeFirst,
  setThis,
  text,
  withFix,
} from "./issues.ts";
import { Unquoted } from "./unquoted.ts";

/** Keys with which programs enter as a person, without a browser. */

const DAY = 24 * 60 * 60 * 1000;
const LONGEST_NAME = 32;
/** A day, and the forms in which YAML and `pulumi config set` write a day without quotes. */
const A_DAY = /^(\d{4}-\d{2}-\d{2})(?:[T ]00:00:00(?:Z| \+0000 UTC))?$/;

const KEY_EXAMPLE = "pulumi config set --path 'keys[0].name' laptop-vscode";
/** Pulumi would read a date without the type. */
const setDay = (day: string, key = "{key}") => `pulumi config set --path '${key}' --type string ${day}`;

/** A day as it is written: 2027-03-01. */
export const dayOf = (milliseconds: number): string => new Date(milliseconds).toISOString().slice(0, 10);
/** The time at which a key with this last day ends, in milliseconds. */
export const endOf = (until: string): number => Date.parse(`${until}T00:00:00Z`) + DAY;
/** Whether there is such a day: not 2027-02-30. */
const isDay = (day: string) => !Number.isNaN(endOf(day)) && dayOf(endOf(day) - DAY) === day;
/** A year from now, for a command that fixes a day. */
const inAYear = () => dayOf(Date.now() + 365 * DAY);

const nameIssue = (name: unknown) =>
  withFix(
    `${format(name)} cannot be the name of a key: use lower-case letters, digits and inner hyphens, ${LONGEST_NAME} characters at most.`,
    setThis("laptop-vscode"),
  );
const untilIssue = (day: unknown) =>
  withFix(`${format(day)} is not a day, such as 2027-03-01: the last day of the key.`, setDay(inAYear()));

/** One word of a few. */
const word = <const Words extends readonly [string, ...string[]]>(words: Words) =>
  z.enum(words, {
    error: (issue) => withFix(`${format(issue.input)} is neither ${words.join(" nor ")}.`, setThis(words[0])),
  });

const key = z.strictObject(
  {
    /** Name, such as the program's. Another name is another key. */
    name: z
      .string({ error: (issue) => nameIssue(issue.input) })
      .refine((name) => LABEL.test(name) && name.length <= LONGEST_NAME, {
        error: (issue) => nameIssue(issue.input),
      }),
    /** The person for whom the program acts: an address, or with GitHub a user name. */
    for: allowEntry.refine((person) => !person.startsWith("@"), {
      error: (issue) =>
        withFix(`${format(issue.input)} is a whole domain; a key acts for one person.`, setThis("ann@example.com")),
    }),
    /** The last day on which it is valid, in UTC. */
    until: z.preprocess(
      (given) => (given instanceof Unquoted ? given.written : given),
      text("the last day of the key", setDay("2027-03-01"))
        .transform((day) => A_DAY.exec(day.trim())?.[1] ?? day)
        .superRefine((day, context) => {
          if (!A_DAY.test(day) || !isDay(day)) context.addIssue({ code: "custom", message: untilIssue(day) });
          else if (endOf(day) <= Date.now())
            context.addIssue({
              code: "custom",
              message: withFix(
                `${day} is over, so the key has ended. Set a later day, or remove the key from keys:`,
                setDay(inAYear()),
              ),
            });
        }),
    ),
    /** What it may do: `read` sends GET and HEAD only, without WebSocket. */
    may: word(["read", "run"]).default("read"),
    /** First label of the host name at which it counts: `jupyter`, or the name of an app. */
    at: text("jupyter or the name of an app", setThis("jupyter")).default("jupyter"),
  },
  {
    error: (issue) =>
      issue.code === "invalid_type"
        ? withFix(`expected a key with name, for and until, found ${format(issue.input)}.`, REMOVE_THIS)
        : undefined,
  },
);

/** A key for a program. */
export type Key = z.infer<typeof key>;

/** Keys for programs. */
export const keys = z
  .array(key, {
    error: ({ input }) => withFix(`expected a list of keys, found ${format(input)}.`, removeFirst(input, KEY_EXAMPLE)),
  })
  .superRefine((keys, context) => refuseRepeatedNames(keys, context, "key", (name) => `${name}-2`), alwaysOnLists)
  .default([]);

/** Milliseconds before its end from which a preview mentions a key. */
const SOON = 14 * DAY;

/** Tells which keys end soon. */
export function endingKeysNotice(keys: Key[], now: number): string | undefined {
  const soon = [...keys.entries()].filter(([, { until }]) => endOf(until) - now < SOON);
  if (soon.length === 0) return undefined;
  const lines = soon.map(
    ([index, { name, until }]) =>
      `${name} ends after ${until}. To extend it:\n    ${setDay(inAYear(), `keys[${index}].until`)}`,
  );
  return `keys: ${lines.join("\n  ")}`;
}
