/**
 * The names and host names of a site's services. The schema, the rules and `files/` share them, so each name is written
 * once. A test compares them with the services in `files/`.
 */

interface CatalogEntry {
  /** Name in Compose, and its folder in `files/services/`. */
  name: string;
  /** First label of its host name; absent: no host name, or, for nginx, the label in the setting `home`. */
  label?: string;
  /** The sign-in provider that needs it; absent: it always runs. */
  provider?: string;
  /** More names that apps cannot have because of it. */
  reserved?: string[];
}

const SERVICES: CatalogEntry[] = [
  // `domain` is the file with the bare domain's virtual host.
  { name: "nginx", reserved: ["home", "domain", "www"] },
  // The host name is the same with either program; it is registered with the identity provider.
  { name: "vouch", label: "vouch" },
  { name: "oauth2-proxy" },
  { name: "dex", label: "dex", provider: "dex" },
  { name: "jupyter", label: "jupyter" },
  // With the setting `people: own`.
  { name: "people-hub" },
  { name: "people-proxy" },
  { name: "people-spawner" },
  // MariaDB's own databases, users and roles, and the notebooks' database.
  { name: "mariadb", reserved: ["notebooks", "mysql", "sys", "root", "healthcheck", "public"] },
  { name: "lego" },
  { name: "site-history" },
  { name: "site-backup" },
];

/** Names of the site's services. */
export const SERVICE_NAMES = SERVICES.map(({ name }) => name);

/** First labels of the services' host names. */
export const SERVICE_LABELS = SERVICES.flatMap(({ label }) => label ?? []);

const RESERVED = new Set(SERVICES.flatMap(({ name, label = name, reserved = [] }) => [name, label, ...reserved]));

/** Whether a name is reserved for the site, so that no app can have it. */
export const isReserved = (name: string): boolean => RESERVED.has(name);

/** The settings that decide the host names. */
interface Named {
  domain: string;
  home?: string | undefined;
  signIn: { provider: string };
  apps: { name: string }[];
}

/** Every host name of the site; the front page's comes first. */
export function hostNamesOf({ domain, home = "", signIn, apps }: Named): string[] {
  const running = SERVICES.filter(({ provider }) => provider === undefined || provider === signIn.provider);
  const labels = [home, ...running.flatMap(({ label }) => label ?? []), ...apps.map(({ name }) => name)];
  return labels.map((label) => (label ? `${label}.${domain}` : domain));
}
