import { createHash } from "node:crypto";
import { BASELINE } from "../../release/hardening.ts";
import { unitsOf } from "../../release/units.ts";
import type { HostLayout } from "../../site/hostLayout.ts";
import type { Service } from "../../site/service.ts";

/** What to order from an ACME server. */
export interface AcmeOrder {
  /** Compose project: prefix of the timer's name. */
  name: string;
  layout: HostLayout;
  /** Every name of the site. */
  hostNames: string[];
  /** Address of the account that owns the certificates. */
  email: string;
  /** ACME directory; absent: Let's Encrypt's. */
  server?: string | undefined;
}

const STORE = "/certificates";
const TOKEN = "cloudflare-token";
const SECRETS = "/run/secrets/lego";

/** For a site that browsers reach directly: lego gets its certificate, with a DNS record that it sets at Cloudflare. */
export function acme(order: AcmeOrder): Service {
  const { layout, hostNames, email, server } = order;
  const id = certificateId(order);
  return {
    name: "lego",
    about: "Gets and renews the certificate: run by a release that has none, and by a timer every day.",
    image: { reference: "docker.io/goacme/lego:v5.3.1", sizeMiB: 60 },
    // Beyond the numbers that systems assign, so that no other user of the machine can read the token and the keys.
    user: { uid: 70001, gid: 70001 },
    // Named like an app, so that no app can be on it.
    networks: ["lego"],
    compose: {
      ...BASELINE,
      restart: "no",
      profiles: ["certificates"],
      user: "70001:70001",
      read_only: true,
      pids_limit: 64,
      mem_limit: "128m",
      // Cloudflare's DNS answers with a new record within seconds. If it does not, the name is in another zone.
      environment: { CF_DNS_API_TOKEN_FILE: `${SECRETS}/${TOKEN}`, CLOUDFLARE_PROPAGATION_TIMEOUT: "60" },
      command: [
        ...["--log.format", "text", "run", "--path", STORE, "--cert.name", id, "--pem"],
        ...(server ? ["--server", server] : []),
        ...["--accept-tos", "--email", email, "--dns", "cloudflare"],
        // The timer spreads the requests of all sites.
        "--no-random-sleep",
        ...hostNames.flatMap((name) => ["--domains", name]),
      ],
    },
    secretFiles: { at: SECRETS, content: ({ cloudflareToken }) => ({ [TOKEN]: `${cloudflareToken}\n` }) },
    data: [{ source: `${layout.data}/certificates`, target: STORE }],
    certificate: { id, folder: `${layout.data}/certificates`, reader: "nginx" },
    units: unitsOf({
      name: order.name,
      kind: "certificate",
      about: `Renews the certificate of ${order.name}`,
      templates: "renew",
      beside: import.meta.url,
      layout: order.layout,
    }),
  };
}

/** One for each set of names and each server, so that returning to a domain finds its old certificate. */
export function certificateId({ hostNames, server = "" }: AcmeOrder): string {
  return createHash("sha256")
    .update([server, ...hostNames.toSorted()].join("\0"))
    .digest("hex")
    .slice(0, 12);
}
