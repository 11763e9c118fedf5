// A deep import, because the index of the package takes seconds to load.
import { Provider, type ProviderArgs } from "@pulumi/gcp/provider.js";
import * as pulumi from "@pulumi/pulumi";
import { regionOf } from "../../settings/target/gcp.ts";

export interface GcpProviderArgs {
  /** Google Cloud project ID: `my-project-123456`. */
  project: string;
  /** Default zone, `us-central1-a`, which also gives the default region. */
  zone: string;
  /** Default labels. Those of `gcp:defaultLabels` win. */
  labels: Record<string, string>;
}

/** Google's provider for one project and zone, with the other `gcp:` keys of the stack's config. */
export function gcpProvider(
  name: string,
  { project, zone, labels }: GcpProviderArgs,
  opts?: pulumi.ResourceOptions,
): Provider {
  const { defaultLabels, ...configured } = configuredProvider();
  return new Provider(
    name,
    {
      ...configured,
      project,
      region: regionOf(zone),
      zone,
      defaultLabels: pulumi.output(defaultLabels).apply((own) => ({ ...labels, ...own })),
    },
    opts,
  );
}

/** The `gcp:` keys of the stack's config, which only the default provider reads by itself. */
function configuredProvider(): ProviderArgs {
  const config = new pulumi.Config("gcp");
  const keys = Object.keys(pulumi.runtime.allConfig()).filter((key) => key.startsWith("gcp:"));
  // Any of them may be encrypted, so all are secret.
  return Object.fromEntries(
    keys.map((key) => key.slice("gcp:".length)).map((key) => [key, config.requireSecret(key).apply(asArgument(key))]),
  );
}

/**
 * A config value as an argument. Config is text: other types are JSON. `credentials` is JSON, but its argument is text.
 */
const asArgument = (key: string) => (text: string) => {
  if (key === "credentials" || !/^(\{|\[|true$|false$)/.test(text)) return text;
  return JSON.parse(text) as unknown;
};
