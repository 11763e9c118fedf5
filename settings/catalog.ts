/**
 * The services of a site, by name and host name. Nothing here knows how a service is made: the schema, the rules and `files/` read
 * it, so that a name stands in one place. A test holds it to the services that the site has.
 */

interface CatalogEntry {
  /** Name in Compose, and its folder in `files/services/`. */
  name: string;
  /** First label of its host name; absent: it has none, or, for nginx, the one in the setting `home`. */
  label?: string;
  /** The sign-in provider that it is for; absent: it is for all of them. */
  provider?: string;
  /** More names that an app must not have because of it. */
  reserved?: string[];
}

const SERVICES: CatalogEntry[] = [
  // `domain` is the file of the bare domain's virtual host.
  { name: "nginx", reserved: ["home", "domain", "www"] },
  { name: "vouch", label: "vouch" },
  { name: "dex", label: "dex", provider: "dex" },
  { name: "jupyter", label: "jupyter" },
  // Its own databases, users and roles, and the database of the notebooks.
  { name: "mariadb", reserved: ["notebooks", "mysql", "sys", "root", "healthcheck", "public"] },
  { name: "lego" },
  { name: "site-history" },
];

/** Names of the site's services. */
export const SERVICE_NAMES = SERVICES.map(({ name }) => name);

/** First labels of host names that the site's services have. */
export const SERVICE_LABELS = SERVICES.flatMap(({ label }) => label ?? []);

const RESERVED = new Set(SERVICES.flatMap(({ name, label = name, reserved = [] }) => [name, label, ...reserved]));

/** Whether a name is the site's own, so that no app can have it. */
export const isReserved = (name: string): boolean => RESERVED.has(name);

/** The settings that decide the host names. */
interface Named {
  domain: string;
  home?: string | undefined;
  signIn: { provider: string };
  apps: { name: string }[];
}

/** Every host name that the site answers to, the front page's first. */
export function hostNamesOf({ domain, home = "", signIn, apps }: Named): string[] {
  const running = SERVICES.filter(({ provider }) => provider === undefined || provider === signIn.provider);
  const labels = [home, ...running.flatMap(({ label }) => label ?? []), ...apps.map(({ name }) => name)];
  return labels.map((label) => (label ? `${label}.${domain}` : domain));
}
