import type { Key } from "../../../settings/keys.ts";
import type { Session } from "../../../settings/session.ts";
import type { DexUser } from "../../../settings/signIn.ts";
import { clockOf, environmentOf } from "../../release/clock.ts";
import { HARDENED, healthCheck, wget } from "../../release/hardening.ts";
import { renderTemplate } from "../../release/template.ts";
import { unitsOf } from "../../release/units.ts";
import { noticesFolder } from "../../site/backupFolders.ts";
import type { HostLayout } from "../../site/hostLayout.ts";
import { hostName, type Names } from "../../site/names.ts";
import type { Secrets } from "../../site/secrets.ts";
import type { Service, ServiceFiles, TextFiles, VirtualHost } from "../../site/service.ts";
import type { Identity } from "../vouch/providers.ts";
import { closedFiles } from "./closedPages.ts";
import { EDGE_KEEPALIVE_SECONDS, type Edge, edgeFiles, edgeSecretFiles } from "./edge.ts";
import { FRONT_PAGE_POLICY, frontPage, statusPage, verdictOf } from "./frontPage.ts";
import { headers } from "./headers.ts";
import { keysMap } from "./keysMap.ts";
import { otherNamesFiles } from "./otherNames.ts";
import { DISK, DISK_OF_PERSON, peopleSecretFiles, SERVER_KEY } from "./ownServers.ts";
import { pages, signInAndSendAgain, signInElsewhere } from "./pages.ts";
import { heldOpenFiles, SESSIONS, sessionFiles, sessionsInMemory } from "./sessionFiles.ts";

/** Options of the nginx service. */
export interface Door {
  /** Name of the site, for readers of the files on the host. */
  name: string;
  names: Names;
  layout: HostLayout;
  /** The allow list: addresses and `@domains`, or GitHub user names; lower-cased. */
  allow: string[];
  /** First label of the front page's host name; empty for the domain itself. */
  home: string;
  /** The claims that identify a user. */
  identity: Identity;
  /** Users with a name; all others are shown by address. */
  people: DexUser[];
  virtualHosts: VirtualHost[];
  /** Networks of nginx and one app each. */
  appNetworks: string[];
  /**
   * Folder of a certificate that the machine gets by itself, among nginx's secret files; absent: it comes with the
   * release.
   */
  ownCertificate?: string;
  /** The setting `timezone`. */
  timezone: string;
  /** Keys of programs. */
  keys: Key[];
  /** The setting `session`. */
  session: Session;
  /** Another one of these texts ends all sessions: the identity provider, and the setting `sessionRotation`. */
  rotation: string[];
  /** The identity provider's page that signs people out there: its name and its URL. */
  signOutPage?: [name: string, url: string] | undefined;
  /** Whether each person has a server of their own. */
  ownServers: boolean;
  /** The proxy in front of the site, if there is one. */
  edge?: Edge | undefined;
}

const USER = { uid: 101, gid: 101 };
const SECRETS = "/run/secrets/nginx";
/** Folder of texts for the front page. */
const NOTICES = "/notices";
const CONFIG = "/site/current/nginx.conf";
/** The parts of the configuration that are the same for each site. */
const UNCHANGED = [
  ...["arrival", "arrival-pages", "closed", "gate", "limit-pages", "limits", "no-websocket"],
  ...["only-cookie", "page", "signed-in", "to-gate", "websocket"],
];
const file = (name: string) => new URL(name, import.meta.url);

/**
 * nginx, the only service that the public internet reaches. It needs no other service: one that is down becomes an
 * error page.
 */
export function nginx(door: Door): Service {
  const { layout, names, home } = door;
  const front: VirtualHost = {
    label: home,
    protected: true,
    server: renderTemplate(file("front.conf"), {
      host: hostName(names, home),
      policy: FRONT_PAGE_POLICY,
      notices: NOTICES,
      disk: door.ownServers ? DISK_OF_PERSON : DISK,
    }),
  };
  const virtualHosts = [front, ...door.virtualHosts];
  return {
    name: "nginx",
    about:
      "The only service that the public internet reaches. It needs no other service: one that is down becomes an error page. Each of the networks to-* is for one app.",
    image: { reference: "docker.io/nginxinc/nginx-unprivileged:1.30.4-alpine", sizeMiB: 65 },
    user: USER,
    networks: ["sign-in", "jupyter", ...door.appNetworks],
    compose: {
      ...HARDENED,
      tmpfs: [...HARDENED.tmpfs, sessionsInMemory(layout.uid ?? USER.uid, USER.gid)],
      ...environmentOf(clockOf(door.timezone)),
      entrypoint: ["sh", "/site/current/serve.sh"],
      ports: [`${layout.address}:${layout.httpsPort}:8443`, `${layout.address}:${layout.httpPort}:8080`],
      mem_limit: "256m",
      healthcheck: healthCheck(...wget("http://127.0.0.1:8081/healthy")),
      // On SIGQUIT, nginx closes its ports, and waits for open requests. WebSockets would let it wait for hours.
      stop_signal: "SIGQUIT",
      stop_grace_period: "1s",
    },
    files: { at: "/site", content: (given) => files(door, virtualHosts, given) },
    secretFiles: { at: SECRETS, content: (secrets) => secretFiles(door, secrets) },
    data: [{ source: `${layout.data}/sessions`, target: SESSIONS }],
    foreign: [{ source: noticesFolder(layout), target: NOTICES }],
    ...(layout.systemd
      ? {
          units: unitsOf({
            name: door.name,
            kind: "status",
            about: `Renews the page /status of ${door.name}`,
            templates: "status",
            beside: import.meta.url,
            layout,
          }),
        }
      : {}),
    reload: ["sh", "/site/current/reload.sh"],
    signOut: ["wget", "--proxy=off", "-q", "-O", "-", "http://127.0.0.1:8081/sessions/end?person="],
    smokeTest: wget("http://127.0.0.1:8081/door"),
    check: ["nginx", "-t", "-q", "-c", CONFIG],
    lists: ["people.map", "keys.map", ...door.virtualHosts.filter(isDoor).map(({ label }) => `people/${label}.map`)],
    virtualHost: front,
  };
}

/** Whether a host name has its own sign-in check; the front page uses the site's list. */
const isDoor = ({ label, protected: asks }: VirtualHost) => asks && label !== "";

function files(door: Door, virtualHosts: VirtualHost[], { secretFolder, keyHashes }: ServiceFiles): TextFiles {
  const { name, names, home, layout, allow, identity, people, ownCertificate, session, rotation, edge } = door;
  const apps = virtualHosts.filter(({ protected: app }) => app);
  const doors = door.virtualHosts.filter(isDoor);
  return {
    "nginx.conf": renderTemplate(file("nginx.conf"), {
      site: name,
      names: virtualHosts.map(({ label }) => hostName(names, label)).join(" "),
      port: names.port,
      keepalive: edge ? `${EDGE_KEEPALIVE_SECONDS}s` : "75s",
      knock: hostName(names, "jupyter"),
      // Chain and key are one file, so it can be replaced atomically.
      certificate: ownCertificate ? `${SECRETS}/${ownCertificate}/tls.pem` : `${secretFolder}/tls.crt`,
      certificateKey: ownCertificate ? `${SECRETS}/${ownCertificate}/tls.pem` : `${secretFolder}/tls.key`,
    }),
    "maps.conf": renderTemplate(file("maps.conf"), { gate: literal(names.origin("vouch")) }),
    "door.conf": renderTemplate(file("door.conf"), {
      port: names.port,
      signInElsewhere: quoted(signInElsewhere()),
      signInAndSendAgain: quoted(signInAndSendAgain()),
    }),
    ...Object.fromEntries(UNCHANGED.map((name) => [`${name}.conf`, renderTemplate(file(`${name}.conf`))])),
    ...sessionFiles({
      names,
      session,
      identity,
      rotation: JSON.stringify(rotation),
      doors: apps,
      ...(door.ownServers ? { serverKey: `${secretFolder}/${SERVER_KEY}` } : {}),
    }),
    ...heldOpenFiles(apps),
    "app.conf": renderTemplate(file("app.conf"), { port: names.port }),
    ...closedFiles(),
    "headers.conf": headers(layout.public, edge !== undefined),
    "reload.sh": renderTemplate(file("reload.sh")),
    "serve.sh": renderTemplate(file("serve.sh")),
    // Cloudflare presents its client certificate for the site's names only, so there is no page for others.
    ...(edge ? edgeFiles(edge, secretFolder) : otherNamesFiles(names, home)),
    "door-secret.conf": `include ${secretFolder}/door-secret.conf;\n`,
    ...(door.ownServers ? { "people-secret.conf": `include ${secretFolder}/people-secret.conf;\n` } : {}),
    "people.map": peopleMap(allow),
    "keys.map": keysMap(door.keys, keyHashes),
    "narrower.conf": doors.map(({ label }) => verdict(label)).join("\n"),
    "narrower.map": map(doors.map(({ label }) => [hostName(names, label), verdictOf(label)])),
    ...Object.fromEntries(doors.map(({ label, allow }) => [`people/${label}.map`, narrowerMap(label, allow)])),
    "cross-site.map": map(
      apps.filter(({ crossSite }) => crossSite).map(({ label }) => [hostName(names, label), "$verdict_by_name"]),
    ),
    // As in people.map, the prefix prevents nginx from reading an address as a keyword or a pattern.
    "names.map": map(people.flatMap(({ email, name }) => (name ? [[quoted(`of:${email}`), quoted(name)]] : []))),
    ...Object.fromEntries(virtualHosts.map(({ label, server }) => [`hosts/${label || "domain"}.conf`, server])),
    "front/index.html": frontPage(names, virtualHosts),
    "front/status/index.html": statusPage(names),
    ...Object.fromEntries(
      Object.entries(pages(names, door.signOutPage)).map(([page, content]) => [`pages/${page}`, content]),
    ),
  };
}

function secretFiles({ ownServers }: Door, secrets: Secrets): TextFiles {
  return {
    ...(secrets.certificate && secrets.certificateKey
      ? { "tls.crt": secrets.certificate, "tls.key": secrets.certificateKey }
      : {}),
    ...edgeSecretFiles(secrets),
    "door-secret.conf": `proxy_set_header X-Door-Secret "${secrets.doorSecret}";\n`,
    ...(ownServers ? peopleSecretFiles(secrets) : {}),
  };
}

/**
 * The allow list as an nginx map. Its keys are "true:address", or "true:name" for GitHub. The prefix admits only verified
 * addresses, and prevents nginx from reading an address as a keyword or a pattern.
 */
export function peopleMap(allow: string[], prefix = "true", setting = "allow"): string {
  const heading = `# Allow list, from the stack's setting \`${setting}\`. A removed user loses access at the next request.\n`;
  const lines = allow.map((entry) =>
    entry.startsWith("@")
      ? `"~*^${prefix}:[^@:]+${literal(entry)}$" allow;\n`
      : `${quoted(`${prefix}:${entry}`)} allow;\n`,
  );
  return heading + lines.join("");
}

/**
 * The verdict for a host name. Each host name has its own file, even if it has no allow list of its own, because a rollback
 * keeps the newer lists by their file names.
 */
function verdict(label: string): string {
  return `map "$site_verdict:$sso_email" ${verdictOf(label)} {
    include /site/current/people/${label}.map;
}
`;
}

/** Allow list of a host name: the user must be on the site's list, and on the narrower list if there is one. */
function narrowerMap(label: string, allow?: string[]): string {
  if (!allow) return "# No narrower list: the site's verdict.\ndefault $site_verdict;\n";
  return `default deny;\n${peopleMap(allow, "allow", `apps: ${label}: allow`)}`;
}

const map = (entries: string[][]) => entries.map(([from, to]) => `${from} ${to};\n`).join("") || "# none\n";

/** Escapes an address for a regular expression. */
const literal = (text: string) => text.replace(/[.+]/g, "\\$&");

/** Quotes a text as one word of nginx's configuration. */
const quoted = (text: string) => `"${text.replace(/["\\]/g, "\\$&")}"`;
