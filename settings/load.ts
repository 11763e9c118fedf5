import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { checkout } from "./checkout.ts";
import { type CredentialSources, cloudflareTokenOf, missingCredentials } from "./credentials.ts";
import { report } from "./issues.ts";
import { plainRefusal } from "./plainRefusal.ts";
import { needlesslyEncrypted, plainSecrets } from "./plainSecrets.ts";
import { configOf, readSettings } from "./read.ts";
import type { Settings } from "./resolve.ts";
import { Sensitive } from "./sensitive.ts";
import { asWritten } from "./unquoted.ts";

/**
 * Reads the stack's config of this project, checked.
 * @throws pulumi.RunError with every issue, in the user's words; it is shown without a stack trace.
 */
export function loadSettings(): Settings {
  const project = pulumi.getProject();
  const sources: CredentialSources = {
    config: pulumi.runtime.allConfig(),
    environment: process.env,
    home: homedir(),
    read: readIfThere,
  };
  const config = asWritten(project, configOf(project, pulumi.runtime.allConfig()), readIfThere(stackFile()) ?? "");
  const isEncrypted = (setting: string) => isConfigSecret(`${project}:${setting}`);
  const { settings, issues } = readSettings(config, isEncrypted);
  const all = [
    ...issues,
    ...plainSecrets(config, isEncrypted),
    ...needlesslyEncrypted(config, isEncrypted),
    ...missingCredentials(config, sources),
  ];
  if (settings && all.length === 0) {
    const cloudflareToken = cloudflareTokenOf(sources);
    return { ...settings, ...(cloudflareToken ? { cloudflareToken: new Sensitive(cloudflareToken) } : {}) };
  }
  throw plainRefusal(report(pulumi.getStack(), all));
}

/** The stack's file; what `--config-file` names, Pulumi does not tell. */
function stackFile(): string {
  return process.env.PULUMI_OPTION_CONFIG_FILE ?? join(checkout, `Pulumi.${pulumi.getStack()}.yaml`);
}

/** The SDK has it, and hides it from its types. For a list or an object: whether anything in it is encrypted. */
const { isConfigSecret } = pulumi.runtime as unknown as { isConfigSecret(key: string): boolean };

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}
