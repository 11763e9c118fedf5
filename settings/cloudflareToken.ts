import { fault } from "./faults.ts";
import type { Fault } from "./read.ts";
import type { Settings } from "./schema.ts";
import { dnsZoneOf, isProxied } from "./web.ts";

/** The token for Cloudflare's API, from where Pulumi's own provider takes it. */
export function cloudflareTokenOf(
  config: Record<string, string>,
  environment: Record<string, string | undefined>,
): string | undefined {
  return config["cloudflare:apiToken"]?.trim() || environment.CLOUDFLARE_API_TOKEN?.trim() || undefined;
}

/** What the token has to be allowed, as Cloudflare's form for new ones has it. */
export function rightsOf(settings: Settings): string {
  return isProxied(settings)
    ? "Zone / Zone / Read, Zone / DNS / Edit, Zone / Zone Settings / Read and Zone / SSL and Certificates / Edit"
    : "Zone / Zone / Read and Zone / DNS / Edit";
}

export const NEW_TOKEN = "pulumi config set --secret cloudflare:apiToken";

/** Who makes the records needs it; and for Let's Encrypt the machine itself sets the record by which a certificate is got. */
export function faultOfToken(settings: Settings, token: string | undefined): Fault[] {
  if (token || settings.target === "local" || settings.dns === "none") return [];
  const sentence = `the site's DNS records are made at Cloudflare, and the token for that is missing. It has to be allowed ${rightsOf(settings)}, for the zone ${dnsZoneOf(settings)}. https://dash.cloudflare.com/profile/api-tokens makes one:`;
  return [{ key: "cloudflare:apiToken", message: fault(sentence, NEW_TOKEN) }];
}
