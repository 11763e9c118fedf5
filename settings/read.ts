import { z } from "zod";
import { always, format, type Issue, THIS_KEY, withFix } from "./issues.ts";
import { nearest } from "./nearest.ts";
import { resolve, type Settings } from "./resolve.ts";
import { crossFieldIssues } from "./rules.ts";
import { settingsSchema } from "./schema.ts";
import { Unquoted } from "./unquoted.ts";

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

const withRules = settingsSchema.superRefine((given, context) => {
  for (const { path, message } of crossFieldIssues(given)) context.addIssue({ code: "custom", path, message });
}, always);

/**
 * Checks raw config values; all issues at once, in the order of the settings.
 * @param isEncrypted whether something in a setting is encrypted, by its name.
 */
export function readSettings(
  config: Record<string, unknown>,
  isEncrypted?: (setting: string) => boolean,
): { settings?: Settings; issues: Issue[] } {
  const result = withRules.safeParse(config);
  if (result.success) return { settings: resolve(result.data, isEncrypted), issues: [] };
  // Checks across settings come last in zod's order.
  const found = result.error.issues.toSorted((a, b) => rank(a) - rank(b));
  return { issues: found.flatMap((issue) => issuesOf(issue, config)) };
}

/** Where an issue's setting stands in the schema. */
function rank({ path: [setting] }: z.core.$ZodIssue): number {
  return setting === undefined ? Number.POSITIVE_INFINITY : keysAt([], {}).indexOf(String(setting));
}

function issuesOf(issue: z.core.$ZodIssue, config: unknown): Issue[] {
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

/** The issue of a value that YAML read as another text, or as a number where a text belongs; undefined of any other. */
function withoutQuotes(key: string, issue: z.core.$ZodIssue, config: unknown): string | undefined {
  const found = issue.path.reduce<unknown>(partOf, config);
  const isFraction = typeof found === "number" && !Number.isSafeInteger(found);
  const belongsText = issue.code === "invalid_type" && issue.expected === "string";
  if (!(found instanceof Unquoted) && !(isFraction && belongsText)) return undefined;
  if (SECRET_PLACE.test(key))
    return withFix(
      "found a number or a date without quotes, which may not be the text that was written.",
      `pulumi config set --secret --path '${key}'`,
    );
  if (found instanceof Unquoted)
    return withFix(
      `found ${found.written} without quotes, which YAML reads as ${format(found.read)}. As a text it is set by:`,
      setText(key, found.written),
    );
  return withFix(
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
