import { renderTemplate } from "../../release/template.ts";
import type { Secrets } from "../../site/secrets.ts";
import type { TextFiles } from "../../site/service.ts";

/** Cloudflare as the proxy in front of the site: the IP ranges from which it connects. */
export interface Edge {
  ipv4: string[];
  ipv6: string[];
}

/** Headers of every response behind Cloudflare: not cached, not transformed. cloudflare.conf says why. */
export const EDGE_HEADERS = `add_header Cloudflare-CDN-Cache-Control no-store always;
add_header Cache-Control $no_transform always;
`;

/**
 * How long nginx keeps an idle connection. Cloudflare keeps it for 900 seconds. nginx must keep it longer, or Cloudflare could
 * send a request while nginx closes it.
 * https://developers.cloudflare.com/fundamentals/reference/connection-limits (November 2026)
 */
export const EDGE_KEEPALIVE_SECONDS = 905;

/** nginx's files for it. */
export function edgeFiles({ ipv4, ipv6 }: Edge, secretFolder: string): TextFiles {
  const ranges = [...ipv4, ...ipv6].map((range) => `set_real_ip_from ${range};`).join("\n");
  return {
    "edge/cloudflare.conf": renderTemplate(new URL("cloudflare.conf", import.meta.url), { ranges, secretFolder }),
  };
}

/** The secret files of the client certificate, if there is one. */
export function edgeSecretFiles({ clientAuthority, clientCertificate, clientKey }: Secrets): TextFiles {
  if (!clientAuthority || !clientCertificate || !clientKey) return {};
  return { "client-ca.crt": clientAuthority, "client.crt": clientCertificate, "client.key": clientKey };
}
