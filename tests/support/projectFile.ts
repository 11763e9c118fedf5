import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { declaredSettings as declaredIn } from "../../settings/declared.ts";

/** The program's settings in Pulumi.yaml, without those of providers. */
export const declaredSettings = () => declaredIn(textOf("Pulumi.yaml"));

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

const read = (file: string): Record<string, unknown> => parse(textOf(file));
const textOf = (file: string) => readFileSync(new URL(`../../${file}`, import.meta.url), "utf8");
