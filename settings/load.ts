import * as pulumi from "@pulumi/pulumi";
import { cloudflareTokenOf, faultOfToken } from "./cloudflareToken.ts";
import { plainRefusal } from "./plainRefusal.ts";
import { configOf, readSettings, report } from "./read.ts";
import type { Settings } from "./schema.ts";

/**
 * Reads the stack's config of this project, checked.
 * @throws pulumi.RunError with every fault there is, in the user's words; it is shown without a stack trace.
 */
export function loadSettings(): Settings & { cloudflareToken?: string | undefined } {
  const config = pulumi.runtime.allConfig();
  const { settings, faults } = readSettings(configOf(pulumi.getProject(), config));
  const cloudflareToken = cloudflareTokenOf(config, process.env);
  if (settings) faults.push(...faultOfToken(settings, cloudflareToken));
  if (settings && faults.length === 0) return { ...settings, cloudflareToken };
  throw plainRefusal(report(pulumi.getStack(), faults));
}
