import { readFileSync } from "node:fs";
import { parse } from "yaml";

/** What Pulumi.yaml says of a setting. */
interface Declared {
  type: string;
  description: string;
  default: unknown;
}

/** The settings of the program that Pulumi.yaml declares; what it gives to a provider has a colon. */
export function declaredSettings(): Record<string, Declared> {
  const all = Object.entries(projectFile().config as Record<string, Declared>);
  return Object.fromEntries(all.filter(([key]) => !key.includes(":")));
}

/** Pulumi.yaml as a whole. */
export const projectFile = () => read("Pulumi.yaml");

/** The texts that a program is given for a stack: its config file over the defaults of Pulumi.yaml, lists and objects as JSON. */
export function handedOver(stackConfig: Record<string, unknown>): Record<string, string> {
  const defaults = Object.entries(declaredSettings()).map(([key, declared]) => [`jupyter-up:${key}`, declared.default]);
  const config = { ...Object.fromEntries(defaults), ...stackConfig };
  return Object.fromEntries(
    Object.entries(config).map(([key, value]) => [key, typeof value === "string" ? value : JSON.stringify(value)]),
  );
}

/** The config of a stack that comes with the project. */
export function stackConfig(stack: string): Record<string, unknown> {
  return read(`Pulumi.${stack}.yaml`).config as Record<string, unknown>;
}

function read(file: string): Record<string, unknown> {
  return parse(readFileSync(new URL(`../../${file}`, import.meta.url), "utf8"));
}
