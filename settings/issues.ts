import { z } from "zod";
import { Unquoted } from "./unquoted.ts";

/** How issues are worded. Every schema of this folder uses it. */

/** One thing wrong with the settings: where, and the schema's words (a sentence, then the command that fixes it). */
export interface Issue {
  /** Path as `pulumi config --path` takes it: `signIn.users[0].email`. */
  key: string;
  message: string;
}

/** An issue as the user reads it: one or two plain sentences, then the command that fixes it on a line of its own. */
export function withFix(sentence: string, command: string): string {
  return `${sentence}\n${command}`;
}

/** Stands in an issue for the path of the value that is wrong; read.ts knows it, a schema does not. */
export const THIS_KEY = "{key}";
export const setThis = (value: string) => `pulumi config set --path '${THIS_KEY}' ${value}`;
/** Takes the value out. */
export const REMOVE_THIS = `pulumi config rm --path '${THIS_KEY}'`;
/** Removes a value of the wrong kind first: Pulumi puts nothing into a text, or into a list by name. */
export const removeFirst = (found: unknown, command: string) =>
  found === undefined ? command : `pulumi config rm --path '${THIS_KEY}' && ${command}`;

/** A value in short, on one line. Of a list or an object nothing is told: something in it may be secret. */
export function format(value: unknown): string {
  if (value === undefined || value === null) return "nothing";
  if (value instanceof Unquoted) return "a value without quotes";
  if (typeof value === "object") return Array.isArray(value) ? "a list" : "an object";
  const text = JSON.stringify(value);
  return text.length > 100 ? `${text.slice(0, 96)}..."` : text;
}

/** The kind of a value that may hold a secret. Even a text may: JSON with a comma too many arrives as one. */
export const kindOf = (value: unknown) => (typeof value === "string" ? "a text" : format(value));

/** A setting that is one text. */
export const text = (what: string, command: string) =>
  z.string({ error: (issue) => withFix(`expected ${what}, found ${format(issue.input)}.`, command) });

/** Why a text would not arrive as it is written. Nobody sees blanks around it, and HTTP headers and pages leave them out. */
export function whatIsWrongWithText(text: string): string | undefined {
  if (text.trim() !== text) return "begins or ends with a blank or a line break";
  return text.isWellFormed() ? undefined : "has half of a UTF-16 pair in it";
}

/** A setting that is one text, of which every character counts. */
export const exactText = (what: string, command: string) =>
  text(what, command).superRefine((value, context) => {
    const wrong = whatIsWrongWithText(value);
    if (wrong) context.addIssue({ code: "custom", message: withFix(`${format(value)} ${wrong}.`, command) });
  });

/** An optional setting. Its default in Pulumi.yaml is an empty text. */
export const optionalText = (what: string, command: string) =>
  text(what, command)
    .trim()
    .transform((value) => value || undefined);

/** A setting that is one of a few words. */
export function oneOf<const Words extends readonly [string, ...string[]]>(key: string, what: string, words: Words) {
  return z.enum(words, {
    error: (issue) =>
      withFix(
        `${format(issue.input)} is no ${what} this program knows. There are: ${words.join(", ")}.`,
        `pulumi config set ${key} ${words[0]}`,
      ),
  });
}

/** Pulumi hands a boolean over as its word. */
export function yesOrNo(fix: string) {
  return z.preprocess(
    (given) => {
      const value = given instanceof Unquoted ? String(given.read) : given;
      return value === "true" ? true : value === "false" ? false : value;
    },
    z.boolean({
      error: (issue) => withFix(`expected true or false, found ${format(issue.input)}.`, fix),
    }),
  );
}

/** Pulumi hands a number over as its digits. */
export function digitsAsNumber(given: unknown): unknown {
  const value = given instanceof Unquoted ? String(given.read) : given;
  return typeof value === "string" && /^-?\d+(\.\d+)?$/.test(value.trim()) ? Number(value) : value;
}

/** Checks across values run even when one of them is wrong, so that all issues are shown together. */
export const always = { when: ({ value }: { value: unknown }) => typeof value === "object" && value !== null };
export const alwaysOnLists = { when: ({ value }: { value: unknown }) => Array.isArray(value) };

/** Refuses `__proto__` in a record. zod leaves it out without a message. */
export function withoutProto(record: unknown, context: z.RefinementCtx): unknown {
  if (typeof record === "object" && record !== null && Object.hasOwn(record, "__proto__"))
    context.addIssue({
      code: "custom",
      path: ["__proto__"],
      message: withFix('"__proto__" cannot be used as a name.', REMOVE_THIS),
    });
  return record;
}

/** Positions of texts that stand in a list before, too. Values that are no text at all are issues of another kind. */
export function repeated(list: unknown[]): number[] {
  return [...list.keys()].filter((index) => typeof list[index] === "string" && list.indexOf(list[index]) < index);
}

/** The whole message: one paragraph an issue, the command that fixes it below it. */
export function report(stack: string, issues: Issue[]): string {
  const count = issues.length === 1 ? "One thing is" : `${issues.length} things are`;
  const paragraphs = issues.map(({ key, message }) => {
    const [sentence, ...commands] = message.split("\n");
    return [`  ${key}: ${sentence}`, ...commands.map((command) => `    ${command}`)].join("\n");
  });
  return `${count} wrong with the settings of the stack ${stack}. Nothing was changed.\n\n${paragraphs.join("\n\n")}\n`;
}
