import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { checkout } from "./checkout.ts";
import { type CredentialSources, cloudflareTokenOf, missingCredentials } from "./credentials.ts";
import { type Issue, report } from "./issues.ts";
import { plainRefusal } from "./plainRefusal.ts";
import { needlesslyEncrypted, plainSecrets } from "./plainSecrets.ts";
import { configOf, readSettings } from "./read.ts";
import type { Settings } from "./resolve.ts";
import { Sensitive } from "./sensitive.ts";
import { asWritten } from "./unquoted.ts";

/**
 * Reads and checks the stack's config.
 * @throws pulumi.RunError with every issue; Pulumi shows it without a stack trace.
 */
export function loadSettings(): Settings {
  const project = pulumi.getProject();
  const config = asWritten(project, configOf(project, pulumi.runtime.allConfig()), readIfThere(stackFile()) ?? "");
  const { settings, issues } = checkSettings(config, (setting) => isConfigSecret(`${project}:${setting}`));
  if (!settings) throw plainRefusal(report(pulumi.getStack(), issues));
  return settings;
}

/**
 * Checks raw values of settings, and the credentials that they need. Returns the settings, or all issues.
 * @param isEncrypted whether any part of a setting, given by name, is encrypted.
 */
export function checkSettings(
  config: Record<string, unknown>,
  isEncrypted: (setting: string) => boolean,
): { settings?: Settings; issues: Issue[] } {
  const sources: CredentialSources = {
    config: pulumi.runtime.allConfig(),
    environment: process.env,
    home: homedir(),
    read: readIfThere,
  };
  const { settings, issues } = readSettings(config, isEncrypted);
  const all = [
    ...issues,
    ...plainSecrets(config, isEncrypted),
    ...needlesslyEncrypted(config, isEncrypted),
    ...missingCredentials(config, sources),
  ];
  if (!settings || all.length > 0) return { issues: all };
  const cloudflareToken = cloudflareTokenOf(sources);
  return {
    settings: { ...settings, ...(cloudflareToken ? { cloudflareToken: new Sensitive(cloudflareToken) } : {}) },
    issues: [],
  };
}

/** Path of the stack's config file. Pulumi does not reveal the argument of `--config-file`. */
function stackFile(): string {
  return process.env.PULUMI_OPTION_CONFIG_FILE ?? join(checkout, `Pulumi.${pulumi.getStack()}.yaml`);
}

/** Exists in the SDK, but not in its types. For a list or an object: whether any part of it is encrypted. */
const { isConfigSecret } = pulumi.runtime as unknown as { isConfigSecret(key: string): boolean };

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}
