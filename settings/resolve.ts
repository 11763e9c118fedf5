import { type App, resolveApp } from "./apps/app.ts";
import type { Backup } from "./backup.ts";
import { hostNamesOf } from "./catalog.ts";
import type { Database } from "./database.ts";
import { destinationOf } from "./destination.ts";
import { type Dns, isProxied } from "./dns.ts";
import { isOwnMachine } from "./domain.ts";
import type { History } from "./history.ts";
import type { Jupyter } from "./jupyter/image.ts";
import type { Key } from "./keys.ts";
import { type People, peopleOf } from "./people.ts";
import { type Reboots, rebootsOf } from "./reboots.ts";
import type { Given } from "./schema.ts";
import { Sensitive } from "./sensitive.ts";
import type { Session } from "./session.ts";
import { resolveSignIn, type SignIn } from "./signIn.ts";
import type { Gcp } from "./target/gcp.ts";
import type { Local } from "./target/local.ts";
import type { Ssh } from "./target/ssh.ts";
import { type Tls, tlsMode } from "./tls.ts";

/** The machine on which the site runs. */
export type Target = Local | Gcp | Ssh;

export interface Ports {
  /** HTTPS port, part of the site's URLs. */
  port: number;
  httpPort: number;
}

/**
 * The settings in the form that the program works with: complete, checked, with sealed secrets and derived values. The
 * types allow only valid combinations.
 */
export interface Settings {
  target: Target;
  /**
   * The ports of a site on another machine that only an SSH forward reaches: it publishes them on that machine's loopback address.
   * Undefined: the site is public, or on this machine.
   */
  forwarded: Ports | undefined;
  /** Base domain of the site's host names. */
  domain: string;
  /** First label of the front page's host name; empty for the domain itself. */
  home: string;
  /** Every host name of the site; the front page's comes first. */
  hostNames: string[];
  /** The allow list: lower-cased addresses and `@domains`, or GitHub user names. */
  allow: string[];
  signIn: SignIn;
  /** How long a session lasts. */
  session: Session;
  /** Changing this text signs everybody out. */
  sessionRotation: string | undefined;
  /** Keys with which programs enter as a person. */
  keys: Key[];
  /** Whether all people use the same Jupyter, or each has a server of their own. */
  people: People;
  jupyter: Jupyter;
  /** Registry through which all images are pulled, `host[:port][/path]`; undefined: from their own registries. */
  imageMirror: string | undefined;
  database: Database;
  /** Changing this text replaces all database passwords. They exist even if the database is off. */
  databaseRotation: string | undefined;
  apps: App[];
  /** Names of former apps whose data is to be deleted. */
  purge: string[];
  history: History;
  backup: Backup;
  /** Time zone of kernels, the database, nginx's log and reboots: a name of the IANA database. */
  timezone: string;
  reboots: Reboots;
  dns: Dns;
  tls: Tls;
  /** Cloudflare's API token, if there is one: from `cloudflare:apiToken` or CLOUDFLARE_API_TOKEN. */
  cloudflareToken?: Sensitive<string>;
}

/**
 * Converts the flat settings, which passed the schema and the rules, into `Settings`.
 * @param isEncrypted whether any part of a setting, given by name, is encrypted.
 */
export function resolve(given: Given, isEncrypted: (setting: string) => boolean = () => false): Settings {
  const { domain, home = "", allow, signIn, sessionRotation, imageMirror, databaseRotation, apps, purge } = given;
  return {
    target: targetOf(given),
    forwarded: forwardedOf(given),
    domain,
    home,
    hostNames: hostNamesOf({ domain, home, signIn, apps }),
    allow,
    signIn: resolveSignIn(signIn),
    session: given.session,
    sessionRotation,
    keys: given.keys,
    people: peopleOf(given),
    jupyter: { image: given.image, tag: given.imageTag, packages: given.packages },
    imageMirror,
    database: given.database && { tag: given.databaseTag },
    databaseRotation,
    apps: apps.map((app) => resolveApp(app, isEncrypted("apps"))),
    purge,
    history: given.history.every > 0 && given.history,
    backup: backupOf(given),
    timezone: given.timezone,
    reboots: rebootsOf(given.reboots, given.target),
    dns: dnsOf(given),
    tls: tlsOf(given),
  };
}

function targetOf(given: Given): Target {
  switch (given.target) {
    case "local": {
      const { port, httpPort, notebooks } = given;
      return { kind: "local", port, httpPort, notebooks };
    }
    case "gcp": {
      const { zone, machineType, bootDiskGb, dataDiskGb, protectData, dailySnapshots, boost, sshFrom } = given;
      const project = required(given.project, "project");
      const vm = { zone, machineType, bootDiskGb, dataDiskGb, protectData, dailySnapshots, boost, sshFrom };
      return { kind: "gcp", project, ...vm };
    }
    case "ssh": {
      const { port, user, address } = given.ssh;
      const host = required(given.ssh.host, "ssh.host");
      const privateKey = new Sensitive(required(given.ssh.privateKey, "ssh.privateKey"));
      const hostKey = required(given.ssh.hostKey, "ssh.hostKey");
      return { kind: "ssh", host, port, user, privateKey, hostKey, address: address ?? host };
    }
  }
}

function forwardedOf({ target, domain, port, httpPort }: Given): Ports | undefined {
  return target !== "local" && isOwnMachine(domain) ? { port, httpPort } : undefined;
}

function backupOf({ target, backup: { keep, key, restore, ...given } }: Given): Backup {
  const destination = destinationOf(given, target);
  if (!destination) return false;
  return {
    to: destination,
    keep,
    ...(key ? { key: new Sensitive(key) } : {}),
    ...(restore ? { restore: { from: restore.from, at: restore.at?.replace(/Z$/, "") ?? "" } } : {}),
  };
}

function dnsOf(given: Given): Dns {
  if (given.target === "local" || given.dns === "none") return { provider: "none", proxied: false };
  return { provider: "cloudflare", zone: given.dnsZone, proxied: isProxied(given) };
}

function tlsOf(given: Given): Tls {
  const mode = tlsMode(given);
  switch (mode) {
    case "letsencrypt":
      return { mode, email: required(given.acmeEmail, "acmeEmail"), server: given.acmeServer };
    case "provided": {
      const certificate = new Sensitive(required(given.tlsCertificate, "tlsCertificate"));
      return { mode, certificate, key: new Sensitive(required(given.tlsKey, "tlsKey")) };
    }
    default:
      return { mode };
  }
}

/** A value that the rules require. */
function required<Value>(value: Value | undefined, key: string): Value {
  if (value === undefined) throw new Error(`rules.ts lets settings without ${key} through.`);
  return value;
}
