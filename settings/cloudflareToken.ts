import { fault } from "./faults.ts";
import type { Fault } from "./read.ts";
import type { Settings } from "./schema.ts";
import { tlsOf } from "./web.ts";

/** The token for Cloudflare's API, from where Pulumi's own provider takes it. */
export function cloudflareTokenOf(
  config: Record<string, string>,
  environment: Record<string, string | undefined>,
): string | undefined {
  return config["cloudflare:apiToken"]?.trim() || environment.CLOUDFLARE_API_TOKEN?.trim() || undefined;
}

/** The machine itself sets the record by which a certificate is got. */
export function faultOfToken(settings: Settings, token: string | undefined): Fault[] {
  if (token || tlsOf(settings) !== "letsencrypt") return [];
  const sentence =
    "Let's Encrypt asks for a DNS record of the domain, and without Cloudflare's token the site cannot set one. It has to be allowed Zone / Zone / Read and Zone / DNS / Edit.";
  return [{ key: "cloudflare:apiToken", message: fault(sentence, "pulumi config set --secret cloudflare:apiToken") }];
}
