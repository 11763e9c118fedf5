import { z } from "zod";
import { Unquoted } from "./unquoted.ts";

/** How what is wrong with a setting is said: what every schema of this folder words its faults with. */

/** A fault as the user reads it: one or two plain sentences, then the command that mends it on a line of its own. */
export function fault(sentence: string, command: string): string {
  return `${sentence}\n${command}`;
}

/** Stands in a fault for the path of the value that is wrong; read.ts knows it, a schema does not. */
export const THIS_KEY = "{key}";
export const setThis = (value: string) => `pulumi config set --path '${THIS_KEY}' ${value}`;
/** Takes the value out. */
export const REMOVE_THIS = `pulumi config rm --path '${THIS_KEY}'`;
/** Begins a value anew: Pulumi puts nothing into a text, or into a list by name. */
export const anew = (found: unknown, command: string) =>
  found === undefined ? command : `pulumi config rm --path '${THIS_KEY}' && ${command}`;

/** A value in short, on one line. Of a list or an object nothing is told: something in it may be secret. */
export function shown(value: unknown): string {
  if (value === undefined || value === null) return "nothing";
  if (value instanceof Unquoted) return "a value without quotes";
  if (typeof value === "object") return Array.isArray(value) ? "a list" : "an object";
  const text = JSON.stringify(value);
  return text.length > 100 ? `${text.slice(0, 96)}..."` : text;
}

/** What kind of value it is, where even a text may have a secret in it: an object of JSON with a comma too many is one. */
export const kindOf = (value: unknown) => (typeof value === "string" ? "a text" : shown(value));

/** A setting that is one text. */
export const text = (what: string, command: string) =>
  z.string({ error: (issue) => fault(`expected ${what}, found ${shown(issue.input)}.`, command) });

/** Why a text would not arrive as it is written: blanks around it are seen by nobody, and left out by HTTP headers and pages. */
export function whatIsWrongWithText(text: string): string | undefined {
  if (text.trim() !== text) return "begins or ends with a blank or a line break";
  return text.isWellFormed() ? undefined : "has half of a UTF-16 pair in it";
}

/** A setting that is one text, of which every character counts. */
export const exactText = (what: string, command: string) =>
  text(what, command).superRefine((value, context) => {
    const wrong = whatIsWrongWithText(value);
    if (wrong) context.addIssue({ code: "custom", message: fault(`${shown(value)} ${wrong}.`, command) });
  });

/** A setting that need not be given, which Pulumi.yaml's default says by an empty text. */
export const optionalText = (what: string, command: string) =>
  text(what, command)
    .trim()
    .transform((value) => value || undefined);

/** A setting that is one of a few words. */
export function oneOf<const Words extends readonly [string, ...string[]]>(key: string, what: string, words: Words) {
  return z.enum(words, {
    error: (issue) =>
      fault(
        `${shown(issue.input)} is no ${what} this program knows. There are: ${words.join(", ")}.`,
        `pulumi config set ${key} ${words[0]}`,
      ),
  });
}

/** Pulumi hands a boolean over as its word. */
export function yesOrNo(mend: string) {
  return z.preprocess(
    (given) => {
      const value = given instanceof Unquoted ? String(given.read) : given;
      return value === "true" ? true : value === "false" ? false : value;
    },
    z.boolean({
      error: (issue) => fault(`expected true or false, found ${shown(issue.input)}.`, mend),
    }),
  );
}

/** Pulumi hands a number over as its digits. */
export function digitsAsNumber(given: unknown): unknown {
  const value = given instanceof Unquoted ? String(given.read) : given;
  return typeof value === "string" && /^-?\d+(\.\d+)?$/.test(value.trim()) ? Number(value) : value;
}

/** Checks across values run even when one of them is wrong, so that all faults are shown together. */
export const always = { when: ({ value }: { value: unknown }) => typeof value === "object" && value !== null };
export const alwaysOnLists = { when: ({ value }: { value: unknown }) => Array.isArray(value) };

/** Positions of texts that stand in a list before, too. Values that are no text at all are faults of another kind. */
export function repeated(list: unknown[]): number[] {
  return [...list.keys()].filter((index) => typeof list[index] === "string" && list.indexOf(list[index]) < index);
}
