import { type Declared, declaredSettings } from "../../settings/declared.ts";
import { SECRET_SETTINGS } from "../../settings/plainSecrets.ts";

/** package/args.ts: the arguments of the component JupyterSite, made from the settings in Pulumi.yaml. */
export function siteArgs(projectFile: string): string {
  const members = Object.entries(declaredSettings(projectFile)).map(
    ([key, declared]) =>
      `  /** ${declared.description.replaceAll("*/", "*\\/")}. */\n  ${key}${key === "target" ? "" : "?"}: ${argumentType(key, declared)};`,
  );
  return [
    "// Generated from Pulumi.yaml by `npm run docs`: do not edit.",
    "// biome-ignore-all lint/suspicious/noExplicitAny: Pulumi's schemas know no type for an object whose members are checked later.",
    ...(members.some((member) => member.includes("pulumi.")) ? ['import type * as pulumi from "@pulumi/pulumi";'] : []),
    "",
    "/** Arguments of JupyterSite: the settings, with the same defaults. Those that may contain secrets can be outputs of resources. */",
    "export interface JupyterSiteArgs {",
    ...members,
    "}",
    "",
  ].join("\n");
}

function argumentType(key: string, { type, items }: Declared): string {
  const plain = type === "array" ? `${typeNames[items?.type ?? "object"]}[]` : (typeNames[type] ?? type);
  return SECRET_SETTINGS.includes(key) ? `pulumi.Input<${plain}>` : plain;
}

/** Types of TypeScript by those of Pulumi.yaml. Pulumi derives the package's schema from these. */
const typeNames: Record<string, string> = {
  string: "string",
  integer: "number",
  boolean: "boolean",
  object: "{ [key: string]: any }",
};
