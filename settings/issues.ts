import { z } from "zod";
import { Unquoted } from "./unquoted.ts";

/** Wording of issues, shared by all schemas of this folder. */

/** One problem of the settings. */
export interface Issue {
  /** Path as `pulumi config --path` takes it: `signIn.users[0].email`. */
  key: string;
  /** A sentence, then the command that fixes it; see `withFix`. */
  message: string;
}

/** The message of an issue: one or two sentences, then the command that fixes it on a separate line. */
export function withFix(sentence: string, command: string): string {
  return `${sentence}\n${command}`;
}

/** Placeholder for the path of the wrong value. Schemas do not know the path; read.ts fills it in. */
export const THIS_KEY = "{key}";
export const setThis = (value: string) => `pulumi config set --path '${THIS_KEY}' ${value}`;
/** The command that removes the value. */
export const REMOVE_THIS = `pulumi config rm --path '${THIS_KEY}'`;
/** Removes a value of the wrong type first: Pulumi cannot set part of a text, or a named part of a list. */
export const removeFirst = (found: unknown, command: string) =>
  found === undefined ? command : `pulumi config rm --path '${THIS_KEY}' && ${command}`;

/** A value in short, on one line. The content of a list or an object is not shown, because it may be secret. */
export function format(value: unknown): string {
  if (value === undefined || value === null) return "nothing";
  if (value instanceof Unquoted) return "a value without quotes";
  if (typeof value === "object") return Array.isArray(value) ? "a list" : "an object";
  const text = JSON.stringify(value);
  return text.length > 100 ? `${text.slice(0, 96)}..."` : text;
}

/** The type of a value that may contain a secret. Text counts, too: invalid JSON arrives as text. */
export const kindOf = (value: unknown) => (typeof value === "string" ? "a text" : format(value));

/** A text setting. */
export const text = (what: string, command: string) =>
  z.string({ error: (issue) => withFix(`expected ${what}, found ${format(issue.input)}.`, command) });

/** Why programs would not see a text unchanged: HTTP headers and pages drop blanks around it, for example. */
export function whatIsWrongWithText(text: string): string | undefined {
  if (text.trim() !== text) return "begins or ends with a blank or a line break";
  return text.isWellFormed() ? undefined : "has half of a UTF-16 pair in it";
}

/** A text setting in which every character counts. */
export const exactText = (what: string, command: string) =>
  text(what, command).superRefine((value, context) => {
    const wrong = whatIsWrongWithText(value);
    if (wrong) context.addIssue({ code: "custom", message: withFix(`${format(value)} ${wrong}.`, command) });
  });

/** An optional text setting. Its default in Pulumi.yaml is the empty text. */
export const optionalText = (what: string, command: string) =>
  text(what, command)
    .trim()
    .transform((value) => value || undefined);

/** A setting with a few allowed words. */
export function oneOf<const Words extends readonly [string, ...string[]]>(key: string, what: string, words: Words) {
  return z.enum(words, {
    error: (issue) =>
      withFix(
        `${format(issue.input)} is not a supported ${what}. Use one of: ${words.join(", ")}.`,
        `pulumi config set ${key} ${words[0]}`,
      ),
  });
}

/** A boolean setting. Pulumi passes booleans as text. */
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

/** A number, which Pulumi passes as text; anything else unchanged. */
export function digitsAsNumber(given: unknown): unknown {
  const value = given instanceof Unquoted ? String(given.read) : given;
  return typeof value === "string" && /^-?\d+(\.\d+)?$/.test(value.trim()) ? Number(value) : value;
}

/** Runs checks across values even if one of them is wrong, so that all issues are reported together. */
export const always = { when: ({ value }: { value: unknown }) => typeof value === "object" && value !== null };
export const alwaysOnLists = { when: ({ value }: { value: unknown }) => Array.isArray(value) };

/** Refuses `__proto__` in a record, which zod drops silently. */
export function withoutProto(record: unknown, context: z.RefinementCtx): unknown {
  if (typeof record === "object" && record !== null && Object.hasOwn(record, "__proto__"))
    context.addIssue({
      code: "custom",
      path: ["__proto__"],
      message: withFix('"__proto__" cannot be used as a name.', REMOVE_THIS),
    });
  return record;
}

/** Positions of the texts that repeat an earlier one. Values of other types are reported elsewhere. */
export function repeated(list: unknown[]): number[] {
  return [...list.keys()].filter((index) => typeof list[index] === "string" && list.indexOf(list[index]) < index);
}

/** Reports names that repeat an earlier one of the list. @param what `key`. @param another a free name, as a word of a command. */
export function refuseRepeatedNames(
  list: { name?: unknown }[],
  context: z.RefinementCtx,
  what: string,
  another: (name: unknown) => string,
): void {
  for (const index of repeated(list.map((each) => each?.name))) {
    const name = list[index]?.name;
    context.addIssue({
      code: "custom",
      path: [index, "name"],
      message: withFix(`${format(name)} is also the name of an earlier ${what} in the list.`, setThis(another(name))),
    });
  }
}

/** The whole message: one paragraph per issue, followed by the command that fixes it. */
export function report(stack: string, issues: Issue[]): string {
  const count = issues.length === 1 ? "One thing is" : `${issues.length} things are`;
  const paragraphs = issues.map(({ key, message }) => {
    const [sentence, ...commands] = message.split("\n");
    return [`  ${key}: ${sentence}`, ...commands.map((command) => `    ${command}`)].join("\n");
  });
  return `${count} wrong with the settings of the stack ${stack}. Nothing was changed.\n\n${paragraphs.join("\n\n")}\n`;
}

/** The message for the arguments of a component: one paragraph per issue. Without commands, because these would change the stack's config. */
export function reportOfArgs(site: string, issues: Issue[]): string {
  const count = issues.length === 1 ? "One thing is" : `${issues.length} things are`;
  const paragraphs = issues.map(({ key, message }) => `  ${key}: ${message.split("\n")[0]?.replace(/:$/, ".")}`);
  return `${count} wrong with the arguments of the JupyterSite ${site}. The site was not changed.\n\n${paragraphs.join("\n\n")}\n`;
}
