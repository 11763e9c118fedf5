import { z } from "zod";
import { always, format, type Issue, THIS_KEY, withFix } from "./issues.ts";
import { nearest } from "./nearest.ts";
import { resolve, type Settings } from "./resolve.ts";
import { crossFieldIssues } from "./rules.ts";
import { settingsSchema } from "./schema.ts";
import { Unquoted } from "./unquoted.ts";

/** The config values of one project, by key without the project's name. JSON values are parsed. */
export function configOf(project: string, config: Record<string, string>): Record<string, unknown> {
  const own = Object.entries(config).filter(([key]) => key.startsWith(`${project}:`));
  return Object.fromEntries(own.map(([key, text]) => [key.slice(project.length + 1), parsed(text)]));
}

/** Pulumi passes lists and objects as JSON. Everything else stays text: the tag 4.10 must not become a number. */
function parsed(text: string): unknown {
  if (!/^[[{]/.test(text)) return text;
  try {
    return JSON.parse(text, withItsDigits);
  } catch {
    return text;
  }
}

/** Keeps a number as text if JavaScript would write it differently, such as 123456789012345678. */
function withItsDigits(_key: string, value: unknown, context?: { source?: string }): unknown {
  return typeof value === "number" && String(value) !== context?.source ? context?.source : value;
}

const withRules = settingsSchema.superRefine((given, context) => {
  for (const { path, message } of crossFieldIssues(given)) context.addIssue({ code: "custom", path, message });
}, always);

/**
 * Checks raw config values. Returns the settings, or all issues in the order of the settings.
 * @param isEncrypted whether any part of a setting, given by name, is encrypted.
 */
export function readSettings(
  config: Record<string, unknown>,
  isEncrypted?: (setting: string) => boolean,
): { settings?: Settings; issues: Issue[] } {
  const result = withRules.safeParse(config);
  if (result.success) return { settings: resolve(result.data, isEncrypted), issues: [] };
  // zod reports checks across settings last.
  const found = result.error.issues.toSorted((a, b) => rank(a) - rank(b));
  return { issues: found.flatMap((issue) => issuesOf(issue, config)) };
}

/** Position of an issue's setting in the schema. */
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
        ? " Pulumi.yaml lists them all."
        : ` There are: ${keys.join(", ")}.`;
    return { key, message: `there is no such setting.${hint}\npulumi config rm --path '${key}'` };
  });
}

/** Paths of secret values. */
const SECRET_PLACE =
  /(^|\.)(secrets\.\w+|clientSecret|passwordHash|privateKey|tlsKey|kubeconfig)$|^backup\.(key|secretKey|credentials)$/;

/** The message for a value that YAML changed because its quotes are missing; undefined for any other issue. */
function withoutQuotes(key: string, issue: z.core.$ZodIssue, config: unknown): string | undefined {
  const found = issue.path.reduce<unknown>(partOf, config);
  const isFraction = typeof found === "number" && !Number.isSafeInteger(found);
  const belongsText = issue.code === "invalid_type" && issue.expected === "string";
  if (!(found instanceof Unquoted) && !(isFraction && belongsText)) return undefined;
  if (SECRET_PLACE.test(key))
    return withFix(
      "found a number or a date without quotes, which may differ from what you wrote.",
      `pulumi config set --secret --path '${key}'`,
    );
  if (found instanceof Unquoted)
    return withFix(
      `found ${found.written} without quotes, which YAML reads as ${format(found.read)}. Set it as text:`,
      setText(key, found.written),
    );
  return withFix(
    `found the number ${found}, which may not be how it was written: without quotes, 1.10 is read as 1.1. Set it as text:`,
    setText(key, String(found)),
  );
}

/** The command that sets a text. Inside lists and objects, Pulumi reads digits as a number unless told the type. */
function setText(key: string, text: string): string {
  const word = /^[\w.+-]+$/.test(text) ? text : `'${text}'`;
  const dashes = text.startsWith("-") ? "-- " : "";
  return /^\w+$/.test(key)
    ? `pulumi config set ${key} ${dashes}${word}`
    : `pulumi config set --path '${key}' --type string ${dashes}${word}`;
}

/** The valid keys at a path of the settings, in the order of their schema. */
function keysAt(path: PropertyKey[], config: unknown): string[] {
  return [...new Set(schemasAt(settingsSchema, path, config).flatMap((schema) => Object.keys(schema.shape)))];
}

/** The object schemas that apply at a path of a value; a pipe has two. */
function schemasAt(schema: z.core.$ZodType, path: PropertyKey[], value: unknown): z.ZodObject[] {
  const [next, ...rest] = path;
  if (schema instanceof z.ZodPipe) return [...schemasAt(schema.in, path, value), ...schemasAt(schema.out, path, value)];
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional)
    return schemasAt(schema.unwrap(), path, value);
  if (schema instanceof z.ZodDiscriminatedUnion) return schemasAt(optionFor(schema, value), path, value);
  if (schema instanceof z.ZodArray && typeof next === "number")
    return schemasAt(schema.element, rest, partOf(value, next));
  if (!(schema instanceof z.ZodObject)) return [];
  if (next === undefined) return [schema];
  const inner = schema.shape[String(next)];
  return inner ? schemasAt(inner, rest, partOf(value, next)) : [];
}

/** The union option that fits a value's discriminator, or else the first one, which is the default. */
function optionFor({ options, def }: z.ZodDiscriminatedUnion, value: unknown): z.core.$ZodType {
  const word = partOf(value, def.discriminator);
  const named = options.find(
    (option) =>
      option instanceof z.ZodObject && z.safeParse(option.shape[def.discriminator] as z.core.$ZodType, word).success,
  );
  return (named ?? options[0]) as z.core.$ZodType;
}

/** A property of a value of any type; undefined if there is none. */
export const partOf = (value: unknown, key: PropertyKey): unknown =>
  typeof value === "object" && value !== null ? (value as Record<PropertyKey, unknown>)[key] : undefined;

/** `["signIn", "users", 0]` → `signIn.users[0]`; a part with special characters becomes `["part"]`. */
function pathOf(path: PropertyKey[]): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === "number") return `${text}[${part}]`;
    if (!/^[\w-]+$/.test(String(part))) return `${text}[${JSON.stringify(part)}]`;
    return text ? `${text}.${String(part)}` : String(part);
  }, "");
}
