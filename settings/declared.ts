import { parse } from "yaml";

/** The declaration of a setting in Pulumi.yaml. */
export interface Declared {
  type: string;
  /** The type of a list's entries. */
  items?: { type: string };
  default: unknown;
  description: string;
}

/**
 * The settings in Pulumi.yaml, by name. Those of providers, which have a colon, are left out.
 * @param projectFile text of Pulumi.yaml
 */
export function declaredSettings(projectFile: string): Record<string, Declared> {
  const { config } = parse(projectFile) as { config: Record<string, Declared> };
  return Object.fromEntries(Object.entries(config).filter(([key]) => !key.includes(":")));
}
