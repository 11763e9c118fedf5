import * as pulumi from "@pulumi/pulumi";
import type { z } from "zod";
import { nearest } from "./nearest.ts";
import { type Settings, settingsSchema } from "./schema.ts";

/** One thing wrong with the settings: where, and the schema's words (a sentence, then the mending command). */
export interface Fault {
  /** Path as `pulumi config --path` takes it: `signIn.users[0].email`. */
  key: string;
  message: string;
}

/**
 * Reads the stack's config of this project, checked.
 * @throws pulumi.RunError with every fault there is, in the user's words; it is shown without a stack trace.
 */
export function loadSettings(): Settings {
  const { settings, faults } = readSettings(configOf(pulumi.getProject(), pulumi.runtime.allConfig()));
  if (!settings) throw new pulumi.RunError(report(pulumi.getStack(), faults));
  return settings;
}

/** The config values of one project, by key without the project's name; what is written as JSON is parsed. */
export function configOf(project: string, config: Record<string, string>): Record<string, unknown> {
  const own = Object.entries(config).filter(([key]) => key.startsWith(`${project}:`));
  return Object.fromEntries(own.map(([key, text]) => [key.slice(project.length + 1), parsed(text)]));
}

/** Pulumi hands lists, objects and numbers over as JSON. A text stays what it is, a date too. */
function parsed(text: string): unknown {
  if (!/^([[{]|-?\d+(\.\d+)?$)/.test(text)) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Checks raw config values; all faults at once, in the order of the settings. */
export function readSettings(config: Record<string, unknown>): { settings?: Settings; faults: Fault[] } {
  const result = settingsSchema.safeParse(config);
  if (result.success) return { settings: result.data, faults: [] };
  return { faults: result.error.issues.flatMap(faultsOf) };
}

function faultsOf(issue: z.core.$ZodIssue): Fault[] {
  if (issue.code !== "unrecognized_keys") return [{ key: pathOf(issue.path), message: issue.message }];
  return issue.keys.map((key) => {
    const path = pathOf([...issue.path, key]);
    const meant = nearest(key, keysAt(issue.path));
    const hint = meant ? ` Did you mean ${meant}?` : ` There are: ${keysAt(issue.path).join(", ")}.`;
    return { key: path, message: `there is no such setting.${hint}\npulumi config rm --path '${path}'` };
  });
}

/** The keys that exist at a path of the settings. */
function keysAt(path: PropertyKey[]): string[] {
  if (path.length === 0) return Object.keys(settingsSchema.shape);
  const signIn = settingsSchema.shape.signIn;
  return Object.keys(path.length === 1 ? signIn.shape : signIn.shape.users.element.shape);
}

/** `["signIn", "users", 0]` → `signIn.users[0]` */
function pathOf(path: PropertyKey[]): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === "number") return `${text}[${part}]`;
    return text ? `${text}.${String(part)}` : String(part);
  }, "");
}

/** The whole message: one paragraph a fault, its mending command below it. */
export function report(stack: string, faults: Fault[]): string {
  const count = faults.length === 1 ? "One setting" : `${faults.length} settings`;
  const paragraphs = faults.map(({ key, message }) => {
    const [sentence, ...commands] = message.split("\n");
    return [`  ${key}: ${sentence}`, ...commands.map((command) => `    ${command}`)].join("\n");
  });
  return `${count} of the stack ${stack} cannot be used. Nothing was changed.\n\n${paragraphs.join("\n\n")}\n`;
}
