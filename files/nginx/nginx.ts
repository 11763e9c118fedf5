import type { DexUser } from "../../settings/signIn.ts";
import { HARDENED, healthCheck } from "../compose.ts";
import { fill } from "../fill.ts";
import type { Names } from "../names.ts";
import type { Secrets } from "../secrets.ts";
import type { Service, TextFiles, VirtualHost } from "../service.ts";
import type { Place } from "../site.ts";
import type { Identity } from "../vouch/providers.ts";
import { type Edge, edgeFiles, edgeSecretFiles } from "./edge.ts";
import { pages } from "./pages.ts";

/** What the door has to know. */
export interface Door {
  /** Name of the site, for whoever reads the files on the host. */
  name: string;
  names: Names;
  place: Place;
  /** Addresses and `@domains` that may come in, or names at GitHub; lower-cased. */
  allow: string[];
  /** Where one is known from. */
  identity: Identity;
  /** People whose name is known; anybody else is shown by address. */
  people: DexUser[];
  virtualHosts: VirtualHost[];
  /** Folder among nginx's secret files of a certificate that the machine gets by itself; absent: it comes with the release. */
  ownCertificate?: string;
  /** Who stands before the site, if anybody does. */
  edge?: Edge | undefined;
}

const SECRETS = "/run/secrets/nginx";
const CONFIG = "/site/current/nginx.conf";
const file = (name: string) => new URL(name, import.meta.url);

/** nginx is the only service that the world reaches. It depends on no other: what is down is a page. */
export function nginx(door: Door): Service {
  const { place } = door;
  return {
    name: "nginx",
    about: "The only service that the world reaches. It depends on no other: what is down is a page.",
    image: { reference: "docker.io/nginxinc/nginx-unprivileged:1.30.4-alpine-slim", sizeMiB: 20 },
    user: { uid: 101, gid: 101 },
    networks: ["sign-in", ...door.virtualHosts.filter(({ protected: app }) => app).map(({ label }) => label)],
    compose: {
      ...HARDENED,
      entrypoint: ["nginx", "-c", CONFIG],
      ports: [`${place.address}:${place.httpsPort}:8443`, `${place.address}:${place.httpPort}:8080`],
      mem_limit: "96m",
      healthcheck: healthCheck("wget", "-q", "-O", "/dev/null", "http://127.0.0.1:8081/healthy"),
      // nginx takes its leave politely at QUIT, within worker_shutdown_timeout.
      stop_signal: "SIGQUIT",
      stop_grace_period: "15s",
    },
    files: { at: "/site", content: ({ secretFolder }) => files(door, secretFolder) },
    secretFiles: { at: SECRETS, content: secretFiles },
    reloads: true,
    ask: ["wget", "-q", "-O", "/dev/null", "http://127.0.0.1:8081/door"],
    check: ["nginx", "-t", "-q", "-c", CONFIG],
  };
}

function files(door: Door, secretFolder: string): TextFiles {
  const { name, names, place, allow, identity, people, virtualHosts, ownCertificate, edge } = door;
  const apps = virtualHosts.filter(({ protected: app }) => app);
  const hostNames = [names.domain, ...virtualHosts.map(({ label }) => `${label}.${names.domain}`)];
  const knock = `jupyter.${names.domain}`;
  return {
    "nginx.conf": fill(file("nginx.conf"), {
      site: name,
      domain: names.domain,
      names: hostNames.join(" "),
      port: names.port,
      home: names.origin("jupyter"),
      knock,
      // Chain and key in one file can be put in place at once.
      certificate: ownCertificate ? `${SECRETS}/${ownCertificate}/tls.pem` : `${secretFolder}/tls.crt`,
      certificateKey: ownCertificate ? `${SECRETS}/${ownCertificate}/tls.pem` : `${secretFolder}/tls.key`,
    }),
    "door.conf": fill(file("door.conf"), {
      vouch: names.origin("vouch"),
      port: names.port,
      who: identity.who,
      sure: identity.sure,
    }),
    "app.conf": fill(file("app.conf")),
    "to-vouch.conf": fill(file("to-vouch.conf")),
    "headers.conf": headers(place.public),
    ...(edge ? edgeFiles(edge, secretFolder) : {}),
    "door-secret.conf": `include ${secretFolder}/door-secret.conf;\n`,
    "people.map": peopleMap(allow),
    "names.map": map(people.flatMap(({ email, name }) => (name ? [[quoted(email), quoted(name)]] : []))),
    "returns.map": map(
      apps.map(({ label }) => [`${names.origin(label)}/sso-return`, `${names.origin(label)}/sso-return`]),
    ),
    ...Object.fromEntries(virtualHosts.map(({ label, server }) => [`hosts/${label}.conf`, server])),
    ...Object.fromEntries(Object.entries(pages(names)).map(([page, html]) => [`pages/${page}.html`, html])),
  };
}

function secretFiles(secrets: Secrets): TextFiles {
  return {
    ...(secrets.certificate && secrets.certificateKey
      ? { "tls.crt": secrets.certificate, "tls.key": secrets.certificateKey }
      : {}),
    ...edgeSecretFiles(secrets),
    "door-secret.conf": `proxy_set_header X-Door-Secret "${secrets.doorSecret}";\n`,
  };
}

/** Sent with every answer. `always`, because error pages are answers, too. */
function headers(isPublic: boolean): string {
  // Not for a site on one's own machine: with a certificate of its own CA, it would take the way around a warning away.
  const hsts = 'add_header Strict-Transport-Security "max-age=63072000" always;\n';
  return `# Sent with every answer. A location with an add_header of its own includes this again.
${isPublic ? hsts : ""}add_header X-Content-Type-Options nosniff always;
add_header Referrer-Policy same-origin always;
`;
}

/**
 * The allow list as nginx looks it up, by "true:address", or "true:name" at GitHub. The prefix keeps an address from being
 * read as a keyword or a pattern of nginx's own, and lets in verified addresses only.
 */
export function peopleMap(allow: string[]): string {
  const heading = "# Who may come in. From the stack's setting `allow`; a name taken out is out at the next request.\n";
  const lines = allow.map((entry) =>
    entry.startsWith("@")
      ? `"~*^true:[^@:]+${entry.replace(/[.+]/g, "\\$&")}$" allow;\n`
      : `${quoted(`true:${entry}`)} allow;\n`,
  );
  return heading + lines.join("");
}

const map = (entries: string[][]) => entries.map(([from, to]) => `${from} ${to};\n`).join("") || "# none\n";

/** A text as one word of nginx's configuration. */
const quoted = (text: string) => `"${text.replace(/["\\]/g, "\\$&")}"`;
