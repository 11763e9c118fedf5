import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import * as pulumi from "@pulumi/pulumi";
import { costReport, costsOf } from "./cost.ts";
import { cloudflareTokenOf, missingCredentials, type Surroundings } from "./credentials.ts";
import { plainRefusal } from "./plainRefusal.ts";
import { plainSecrets } from "./plainSecrets.ts";
import { configOf, readSettings, report } from "./read.ts";
import type { Settings } from "./schema.ts";

/**
 * Reads the stack's config of this project, checked.
 * @throws pulumi.RunError with every fault there is, in the user's words; it is shown without a stack trace.
 */
export function loadSettings(): Settings {
  const project = pulumi.getProject();
  const surroundings: Surroundings = {
    config: pulumi.runtime.allConfig(),
    environment: process.env,
    home: homedir(),
    read: readIfThere,
  };
  const config = configOf(project, pulumi.runtime.allConfig());
  const { settings, faults } = readSettings(config);
  const all = [
    ...faults,
    ...plainSecrets(config, (setting) => isConfigSecret(`${project}:${setting}`)),
    ...missingCredentials(config, surroundings),
  ];
  if (settings && all.length === 0) {
    sayWhatItCosts(settings);
    const cloudflareToken = cloudflareTokenOf(surroundings);
    return { ...settings, ...(cloudflareToken ? { cloudflareToken } : {}) };
  }
  throw plainRefusal(report(pulumi.getStack(), all));
}

function sayWhatItCosts(settings: Settings): void {
  if (settings.target !== "gcp") return;
  const costs = costsOf(settings);
  const say = costs.length === 0 ? pulumi.log.info : pulumi.log.warn;
  void say(costReport(costs));
}

/** The SDK has it, and hides it from its types. */
const { isConfigSecret } = pulumi.runtime as unknown as { isConfigSecret(key: string): boolean };

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}
