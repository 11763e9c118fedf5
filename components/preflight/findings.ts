import * as pulumi from "@pulumi/pulumi";
import { plainRefusal } from "../../settings/plainRefusal.ts";

/** What checks have found before anything is made. Each text ends in what to do about it. */
export interface Findings {
  /** What has to be fixed first. */
  issues: string[];
  /** What may go wrong. */
  warnings: string[];
  /** What is good to know. */
  notices: string[];
}

/** Findings as a check gathers them: what it did not find is undefined. */
export interface Checked {
  issues?: (string | undefined)[];
  warnings?: (string | undefined)[];
  notices?: (string | undefined)[];
}

/** All findings in one, each text once. */
export function merge(...checked: Checked[]): Findings {
  const all = (kind: keyof Findings) => [...new Set(checked.flatMap((each) => each[kind] ?? []))];
  const texts = (kind: keyof Findings) => all(kind).filter((text) => text !== undefined);
  return { issues: texts("issues"), warnings: texts("warnings"), notices: texts("notices") };
}

/**
 * Shows warnings, and notices where nothing has to be fixed first.
 * @throws pulumi.RunError with all issues, if there are any.
 */
export async function report({ issues, warnings, notices }: Findings): Promise<void> {
  for (const warning of warnings) await pulumi.log.warn(warning);
  if (issues.length > 0) throw plainRefusal(`Nothing was changed. ${issues.join("\n\n")}\n`);
  for (const notice of notices) await pulumi.log.info(notice);
}
