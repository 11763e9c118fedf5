import * as pulumi from "@pulumi/pulumi";
import { plainRefusal } from "./plainRefusal.ts";
import { configOf, readSettings, report } from "./read.ts";
import type { Settings } from "./schema.ts";

/**
 * Reads the stack's config of this project, checked.
 * @throws pulumi.RunError with every fault there is, in the user's words; it is shown without a stack trace.
 */
export function loadSettings(): Settings {
  const { settings, faults } = readSettings(configOf(pulumi.getProject(), pulumi.runtime.allConfig()));
  if (settings) return settings;
  throw plainRefusal(report(pulumi.getStack(), faults));
}
