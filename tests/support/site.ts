import { type Bundle, bundleOf } from "../../files/release/bundle.ts";
import type { Edge } from "../../files/services/nginx/edge.ts";
import type { HostLayout } from "../../files/site/hostLayout.ts";
import { hostName } from "../../files/site/names.ts";
import type { Secrets } from "../../files/site/secrets.ts";
import type { Service } from "../../files/site/service.ts";
import { buildSite, type Site } from "../../files/site/site.ts";
import { configWith, settingsWith } from "./settings.ts";

/** A layout like that of `ThisMachine`, with fake folders. */
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

/** Secrets that can be found in any other text: each contains its own name and the word "secret". */
export const secrets: Secrets = {
  certificate: "-----BEGIN CERTIFICATE-----\nsecret-certificate\n-----END CERTIFICATE-----\n",
  certificateKey: "-----BEGIN PRIVATE KEY-----\nsecret-certificate-key\n-----END PRIVATE KEY-----\n",
  vouchJwtSecret: "secret-vouch-jwt-------------------------------48",
  vouchSessionKey: "secret-vouch-session---------------------------48",
  oidcClientSecret: "secret-oidc-client-----------------------------48",
  doorSecret: "secret-door------------------------------------48",
  keyHashes: {},
  passwordHashes: {
    "ann@example.com": "$2b$10$secret-hash-of-ann",
    "bob@example.com": "$2b$10$secret-hash-of-bob",
  },
  databaseRootPassword: "secret-database-root",
  notebooksDatabasePassword: "secret-database-notebooks",
  appDatabasePasswords: { phpdemo: "secret-database-phpdemo", whoami: "secret-database-whoami" },
  appSecrets: {},
  backupKey: "secret-backup-key------------------------------48",
  namingKey: "secret-naming-key------------------------------48",
};

/** The parts of a site that a test can change. */
export interface Changes {
  settings?: Record<string, unknown>;
  layout?: Partial<HostLayout>;
  secrets?: Partial<Secrets>;
  /** The proxy before the site. */
  edge?: Edge;
}

/**
 * The site of the valid config with changes.
 * @param name its Compose project.
 */
export function siteWith({ settings, layout: elsewhere, edge }: Changes = {}, name = "jupyter-up-test"): Site {
  const { port, httpPort } = configWith(settings ?? {});
  const ports = { httpsPort: Number(port), httpPort: Number(httpPort) };
  return buildSite(name, settingsWith(settings), { ...layout, ...ports, ...elsewhere }, edge);
}

/** The files of nginx. */
export function bundleWith(changes: Changes = {}): Bundle {
  return bundleOf(siteWith(changes), { ...secrets, ...changes.secrets });
}

/** The host names that nginx answers to. */
export function hostNames(site: Site): string[] {
  return site.services.flatMap(({ virtualHost }) => (virtualHost ? [hostName(site.names, virtualHost.label)] : []));
}

/** One service of the site. */
export function serviceOf(site: Site, name: string): Service {
  const service = site.services.find((each) => each.name === name);
  if (!service) throw new Error(`the site has no service ${name}`);
  return service;
}
