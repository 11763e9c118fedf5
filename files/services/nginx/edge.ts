import { renderTemplate } from "../../release/template.ts";
import type { Secrets } from "../../site/secrets.ts";
import type { TextFiles } from "../../site/service.ts";

/** Cloudflare, where it stands between the world and the site: the ranges that it connects from. */
export interface Edge {
  ipv4: string[];
  ipv6: string[];
}

/** Sent with every answer behind it: it keeps none, and changes no page. cloudflare.conf says why. */
export const EDGE_HEADERS = `add_header Cloudflare-CDN-Cache-Control no-store always;
add_header Cache-Control $no_transform always;
`;

/**
 * How long nginx keeps an idle connection: longer than Cloudflare, which keeps it for 900 seconds and would meet one that nginx
 * closes at that moment. https://developers.cloudflare.com/fundamentals/reference/connection-limits (November 2026)
 */
export const EDGE_KEEPALIVE_SECONDS = 905;

/** What nginx has to know of it. */
export function edgeFiles({ ipv4, ipv6 }: Edge, secretFolder: string): TextFiles {
  const ranges = [...ipv4, ...ipv6].map((range) => `set_real_ip_from ${range};`).join("\n");
  return {
    "edge/cloudflare.conf": renderTemplate(new URL("cloudflare.conf", import.meta.url), { ranges, secretFolder }),
  };
}

/** The client certificate, where there is one. */
export function edgeSecretFiles({ clientAuthority, clientCertificate, clientKey }: Secrets): TextFiles {
  if (!clientAuthority || !clientCertificate || !clientKey) return {};
  return { "client-ca.crt": clientAuthority, "client.crt": clientCertificate, "client.key": clientKey };
}
