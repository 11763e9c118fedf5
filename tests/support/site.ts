import { type Bundle, bundleOf } from "../../files/release/bundle.ts";
import type { Edge } from "../../files/services/nginx/edge.ts";
import type { HostLayout } from "../../files/site/hostLayout.ts";
import { hostName } from "../../files/site/names.ts";
import type { Secrets } from "../../files/site/secrets.ts";
import type { Service } from "../../files/site/service.ts";
import { buildSite, type Site } from "../../files/site/site.ts";
import { configWith, settingsWith } from "./settings.ts";

/** A machine as `ThisMachine` describes it, with made-up folders. */
export const layout: HostLayout = {
  root: "/srv/site",
  data: "/srv/data",
  notebooks: "/srv/notebooks",
  address: "127.0.0.1",
  httpsPort: 8443,
  httpPort: 8080,
  public: false,
  systemd: false,
};

/** Secrets that can be found again wherever they end up: each has its own name and the word "secret" in it. */
export const secrets: Secrets = {
  certificate: "-----BEGIN CERTIFICATE-----\nsecret-certificate\n-----END CERTIFICATE-----\n",
  certificateKey: "-----BEGIN PRIVATE KEY-----\nsecret-certificate-key\n-----END PRIVATE KEY-----\n",
  vouchJwtSecret: "secret-vouch-jwt-------------------------------48",
  vouchSessionKey: "secret-vouch-session---------------------------48",
  oidcClientSecret: "secret-oidc-client-----------------------------48",
  doorSecret: "secret-door------------------------------------48",
  passwordHashes: {
    "ann@example.com": "$2b$10$secret-hash-of-ann",
    "bob@example.com": "$2b$10$secret-hash-of-bob",
  },
  databaseRootPassword: "secret-database-root",
  notebooksDatabasePassword: "secret-database-notebooks",
  appDatabasePasswords: { phpdemo: "secret-database-phpdemo", whoami: "secret-database-whoami" },
  appSecrets: {},
  namingKey: "secret-naming-key------------------------------48",
};

/** What a test may change of the site: settings, the place, secrets. */
export interface Changes {
  settings?: Record<string, unknown>;
  layout?: Partial<HostLayout>;
  secrets?: Partial<Secrets>;
  /** Who stands before it. */
  edge?: Edge;
}

/** The site of the valid config with changes. */
export function siteWith({ settings, layout: elsewhere, edge }: Changes = {}): Site {
  const { port, httpPort } = configWith(settings ?? {});
  const ports = { httpsPort: Number(port), httpPort: Number(httpPort) };
  return buildSite("jupyter-up-test", settingsWith(settings), { ...layout, ...ports, ...elsewhere }, edge);
}

/** Its files. */
export function bundleWith(changes: Changes = {}): Bundle {
  return bundleOf(siteWith(changes), { ...secrets, ...changes.secrets });
}

/** The host names that nginx answers to. */
export function hostNames(site: Site): string[] {
  return site.services.flatMap(({ virtualHost }) => (virtualHost ? [hostName(site.names, virtualHost.label)] : []));
}

/** One of its services. */
export function serviceOf(site: Site, name: string): Service {
  const service = site.services.find((each) => each.name === name);
  if (!service) throw new Error(`the site has no service ${name}`);
  return service;
}
