import type { Settings } from "../../settings/resolve.ts";

/** The machine of a stack's commands. */
export type Target = Settings["target"]["kind"];

/** What an error of a provider means. */
export interface Rule {
  says: RegExp;
  /**
   * @param found the expression's groups
   * @param urn the resource of the error; empty if unknown
   */
  means(found: Record<string, string | undefined>, urn: string, target: Target): string;
}
