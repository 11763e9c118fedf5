import * as pulumi from "@pulumi/pulumi";
import { plainRefusal } from "../../settings/plainRefusal.ts";

/** Results of the checks before anything is created. Each text ends in what to do. */
export interface Findings {
  /** Problems that stop the update. */
  issues: string[];
  /** Problems that may occur. */
  warnings: string[];
  /** Information for the user. */
  notices: string[];
}

/** Results of one check; undefined entries are ignored. */
export interface Checked {
  issues?: (string | undefined)[];
  warnings?: (string | undefined)[];
  notices?: (string | undefined)[];
}

/** Merges the results of several checks, each text once. */
export function merge(...checked: Checked[]): Findings {
  const all = (kind: keyof Findings) => [...new Set(checked.flatMap((each) => each[kind] ?? []))];
  const texts = (kind: keyof Findings) => all(kind).filter((text) => text !== undefined);
  return { issues: texts("issues"), warnings: texts("warnings"), notices: texts("notices") };
}

/**
 * Shows warnings, and, if there are no issues, notices.
 * @throws pulumi.RunError with all issues, if there are any.
 */
export async function report({ issues, warnings, notices }: Findings): Promise<void> {
  for (const warning of warnings) await pulumi.log.warn(warning);
  if (issues.length > 0) throw plainRefusal(`Nothing was changed. ${issues.join("\n\n")}\n`);
  for (const notice of notices) await pulumi.log.info(notice);
}
