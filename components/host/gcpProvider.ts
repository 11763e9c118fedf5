// By its own path: the index of the package takes seconds to load.
import { Provider, type ProviderArgs } from "@pulumi/gcp/provider.js";
import * as pulumi from "@pulumi/pulumi";
import { regionOf } from "../../settings/target/gcp.ts";

export interface GcpProviderArgs {
  /** Google Cloud project ID that everything is made in, `my-project-123456`. */
  project: string;
  /** Default zone, `us-central1-a`. The default region follows from it. */
  zone: string;
  /** Labels of everything that has labels. Those of `gcp:defaultLabels` win. */
  labels: Record<string, string>;
}

/** Google's provider for one project and zone, with what else the stack's config says of the namespace `gcp`. */
export function gcpProvider(name: string, { project, zone, labels }: GcpProviderArgs): Provider {
  const { defaultLabels, ...configured } = configuredProvider();
  return new Provider(name, {
    ...configured,
    project,
    region: regionOf(zone),
    zone,
    defaultLabels: pulumi.output(defaultLabels).apply((own) => ({ ...labels, ...own })),
  });
}

/** Only the default provider reads `gcp:credentials`, `gcp:accessToken` and the like by itself. */
function configuredProvider(): ProviderArgs {
  const config = new pulumi.Config("gcp");
  const keys = Object.keys(pulumi.runtime.allConfig()).filter((key) => key.startsWith("gcp:"));
  // Any of them may be encrypted, and stays so.
  return Object.fromEntries(
    keys.map((key) => key.slice("gcp:".length)).map((key) => [key, config.requireSecret(key).apply(asArgument(key))]),
  );
}

/** Config is text: an argument that is none is written as JSON. A key of Google's is JSON, and an argument of text. */
const asArgument = (key: string) => (text: string) => {
  if (key === "credentials" || !/^(\{|\[|true$|false$)/.test(text)) return text;
  return JSON.parse(text) as unknown;
};
