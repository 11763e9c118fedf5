import { readFileSync } from "node:fs";
import { parse } from "yaml";

/** The declaration of a setting in Pulumi.yaml. */
interface Declared {
  type: string;
  description: string;
  default: unknown;
}

/** The program's settings in Pulumi.yaml, without those of providers, which have a colon. */
export function declaredSettings(): Record<string, Declared> {
  const all = Object.entries(projectFile().config as Record<string, Declared>);
  return Object.fromEntries(all.filter(([key]) => !key.includes(":")));
}

/** Pulumi.yaml, parsed. */
export const projectFile = () => read("Pulumi.yaml");

/** The config that a program gets for a stack: its config file over the defaults of Pulumi.yaml, lists and objects as JSON. */
export function pulumiConfig(stackConfig: Record<string, unknown>): Record<string, string> {
  const defaults = Object.entries(declaredSettings()).map(([key, declared]) => [`jupyter-up:${key}`, declared.default]);
  const config = { ...Object.fromEntries(defaults), ...stackConfig };
  return Object.fromEntries(
    Object.entries(config).map(([key, value]) => [key, typeof value === "string" ? value : JSON.stringify(value)]),
  );
}

/** The config of a stack file of the project. */
export function stackConfig(stack: string): Record<string, unknown> {
  return read(`Pulumi.${stack}.yaml`).config as Record<string, unknown>;
}

function read(file: string): Record<string, unknown> {
  return parse(readFileSync(new URL(`../../${file}`, import.meta.url), "utf8"));
}
