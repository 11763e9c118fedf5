import { z } from "zod";
import { fault, shown, THIS_KEY } from "./issues.ts";
import { nearest } from "./nearest.ts";
import { type Settings, sealed, settingsSchema } from "./schema.ts";
import { Unquoted } from "./unquoted.ts";

/** One thing wrong with the settings: where, and the schema's words (a sentence, then the mending command). */
export interface Fault {
  /** Path as `pulumi config --path` takes it: `signIn.users[0].email`. */
  key: string;
  message: string;
}

/** The config values of one project, by key without the project's name; what is written as JSON is parsed. */
export function configOf(project: string, config: Record<string, string>): Record<string, unknown> {
  const own = Object.entries(config).filter(([key]) => key.startsWith(`${project}:`));
  return Object.fromEntries(own.map(([key, text]) => [key.slice(project.length + 1), parsed(text)]));
}

/** Pulumi hands lists and objects over as JSON. Anything else stays a text: the tag 4.10 is no number. */
function parsed(text: string): unknown {
  if (!/^[[{]/.test(text)) return text;
  try {
    return JSON.parse(text, withItsDigits);
  } catch {
    return text;
  }
}

/** A number that JavaScript would write otherwise, a long one most of all, stays the text that it is: 123456789012345678. */
function withItsDigits(_key: string, value: unknown, context?: { source?: string }): unknown {
  return typeof value === "number" && String(value) !== context?.source ? context?.source : value;
}

/**
 * Checks raw config values; all faults at once, in the order of the settings.
 * @param isEncrypted whether something in a setting is encrypted, by its name.
 */
export function readSettings(
  config: Record<string, unknown>,
  isEncrypted?: (setting: string) => boolean,
): { settings?: Settings; faults: Fault[] } {
  const result = settingsSchema.safeParse(config);
  if (result.success) return { settings: sealed(result.data, isEncrypted), faults: [] };
  // Checks across settings come last in zod's order.
  const issues = result.error.issues.toSorted((a, b) => rank(a) - rank(b));
  return { faults: issues.flatMap((issue) => faultsOf(issue, config)) };
}

/** Where a fault's setting stands in the schema. */
function rank({ path: [setting] }: z.core.$ZodIssue): number {
  return setting === undefined ? Number.POSITIVE_INFINITY : keysAt([], {}).indexOf(String(setting));
}

function faultsOf(issue: z.core.$ZodIssue, config: unknown): Fault[] {
  if (issue.code !== "unrecognized_keys") {
    const key = pathOf(issue.path);
    return [{ key, message: withoutQuotes(key, issue, config) ?? issue.message.replaceAll(THIS_KEY, key) }];
  }
  const keys = keysAt(issue.path, config);
  return issue.keys.map((unknown) => {
    const key = pathOf([...issue.path, unknown]);
    const meant = nearest(unknown, keys);
    const hint = meant
      ? ` Did you mean ${meant}?`
      : keys.length > 20
        ? " Pulumi.yaml lists all there are."
        : ` There are: ${keys.join(", ")}.`;
    return { key, message: `there is no such setting.${hint}\npulumi config rm --path '${key}'` };
  });
}

/** Where a value is secret. */
const SECRET_PLACE = /(^|\.)(secrets\.\w+|clientSecret|passwordHash|privateKey|tlsKey)$/;

/** The fault of a value that YAML read as another text, or as a number where a text belongs; undefined of any other. */
function withoutQuotes(key: string, issue: z.core.$ZodIssue, config: unknown): string | undefined {
  const found = issue.path.reduce<unknown>(partOf, config);
  const isFraction = typeof found === "number" && !Number.isSafeInteger(found);
  const belongsText = issue.code === "invalid_type" && issue.expected === "string";
  if (!(found instanceof Unquoted) && !(isFraction && belongsText)) return undefined;
  if (SECRET_PLACE.test(key))
    return fault(
      "found a number or a date without quotes, which may not be the text that was written.",
      `pulumi config set --secret --path '${key}'`,
    );
  if (found instanceof Unquoted)
    return fault(
      `found ${found.written} without quotes, which YAML reads as ${shown(found.read)}. As a text it is set by:`,
      setText(key, found.written),
    );
  return fault(
    `found the number ${found}, which may not be how it was written: without quotes, 1.10 is read as 1.1. As a text it is set by:`,
    setText(key, String(found)),
  );
}

/** The command that sets a text, whatever it looks like. Pulumi takes digits for a number in a list or an object only. */
function setText(key: string, text: string): string {
  const word = /^[\w.+-]+$/.test(text) ? text : `'${text}'`;
  const dashes = text.startsWith("-") ? "-- " : "";
  return /^\w+$/.test(key)
    ? `pulumi config set ${key} ${dashes}${word}`
    : `pulumi config set --path '${key}' --type string ${dashes}${word}`;
}

/** The keys that exist at a path of the settings, in the order of their schema. */
function keysAt(path: PropertyKey[], config: unknown): string[] {
  return [...new Set(schemasAt(settingsSchema, path, config).flatMap((schema) => Object.keys(schema.shape)))];
}

/** The schemas of objects that the value at a path of a value may have: two where one is made into the other. */
function schemasAt(schema: z.core.$ZodType, path: PropertyKey[], value: unknown): z.ZodObject[] {
  const [next, ...rest] = path;
  if (schema instanceof z.ZodPipe) return [...schemasAt(schema.in, path, value), ...schemasAt(schema.out, path, value)];
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodOptional) return schemasAt(schema.unwrap(), path, value);
  if (schema instanceof z.ZodDiscriminatedUnion) return schemasAt(optionFor(schema, value), path, value);
  if (schema instanceof z.ZodArray && typeof next === "number")
    return schemasAt(schema.element, rest, partOf(value, next));
  if (!(schema instanceof z.ZodObject)) return [];
  if (next === undefined) return [schema];
  const inner = schema.shape[String(next)];
  return inner ? schemasAt(inner, rest, partOf(value, next)) : [];
}

/** The option that a value is meant to be: its discriminator's, or the first, which needs none. */
function optionFor({ options, def }: z.ZodDiscriminatedUnion, value: unknown): z.core.$ZodType {
  const word = partOf(value, def.discriminator);
  const named = options.find(
    (option) =>
      option instanceof z.ZodObject && z.safeParse(option.shape[def.discriminator] as z.core.$ZodType, word).success,
  );
  return (named ?? options[0]) as z.core.$ZodType;
}

/** Part of a value that may be anything. */
export const partOf = (value: unknown, key: PropertyKey): unknown =>
  typeof value === "object" && value !== null ? (value as Record<PropertyKey, unknown>)[key] : undefined;

/** `["signIn", "users", 0]` → `signIn.users[0]`; a part that is no plain word stands in `["brackets"]`. */
function pathOf(path: PropertyKey[]): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === "number") return `${text}[${part}]`;
    if (!/^[\w-]+$/.test(String(part))) return `${text}[${JSON.stringify(part)}]`;
    return text ? `${text}.${String(part)}` : String(part);
  }, "");
}

/** The whole message: one paragraph a fault, its mending command below it. */
export function report(stack: string, faults: Fault[]): string {
  const count = faults.length === 1 ? "One thing is" : `${faults.length} things are`;
  const paragraphs = faults.map(({ key, message }) => {
    const [sentence, ...commands] = message.split("\n");
    return [`  ${key}: ${sentence}`, ...commands.map((command) => `    ${command}`)].join("\n");
  });
  return `${count} wrong with the settings of the stack ${stack}. Nothing was changed.\n\n${paragraphs.join("\n\n")}\n`;
}
