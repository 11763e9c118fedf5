import { createHash } from "node:crypto";
import type { Session } from "../../../settings/session.ts";
import { renderTemplate } from "../../release/template.ts";
import { hostName, type Names } from "../../site/names.ts";
import type { TextFiles, VirtualHost } from "../../site/service.ts";
import type { Identity } from "../vouch/providers.ts";

/** Folder of the sessions in nginx's container. */
export const SESSIONS = "/sessions";
/** The same in memory, for new sessions while the disk is full. */
const SESSIONS_IN_MEMORY = "/var/cache/nginx";

/**
 * The tmpfs of sessions that do not fit on the disk. It belongs to nginx's user, as Jupyter's does: when the container starts again, as after a boot, runc
 * before 1.2 uses the mode of the image's folder, which does not let nginx write.
 */
export const sessionsInMemory = (uid: number, gid: number) =>
  `${SESSIONS_IN_MEMORY}:uid=${uid},gid=${gid},mode=700,size=8m`;

/** nginx's modules. Those of the http and stream modules are separate. */
const MODULES = [
  "allowList",
  "checked",
  "cookies",
  "door",
  "http",
  "keys",
  "lazily",
  "once",
  "programKeys",
  "programs",
  "random",
  "seal",
  "shelf",
  "site",
  "sockets",
  "store",
  "stream",
];

export interface SessionArgs {
  names: Names;
  /** How long a session lasts. */
  session: Session;
  /** The claims that identify a user. */
  identity: Identity;
  /** The identity provider, and the setting `sessionRotation`. Another one ends all sessions. */
  rotation: string;
  /** The protected host names. */
  doors: VirtualHost[];
  /** File with the key of the servers of people; absent: all people use one server. */
  serverKey?: string;
}

/** nginx's JavaScript that keeps the sessions, and its settings. */
export function sessionFiles(args: SessionArgs): TextFiles {
  return {
    ...Object.fromEntries(
      [...MODULES, ...(args.serverKey ? ["people", "serverName"] : [])].map((name) => [
        `session/${name}.js`,
        renderTemplate(new URL(`session/${name}.js`, import.meta.url)),
      ]),
    ),
    "session/settings.js": `export default ${JSON.stringify(settingsOf(args), null, 2)};\n`,
  };
}

/** What session/door.js needs to know. */
export function settingsOf({ names, session, identity, rotation, doors, serverKey }: SessionArgs) {
  return {
    /** Origin of the host name at which people sign in. */
    gate: names.origin("vouch"),
    /** Host names that take over a session from it. */
    hosts: doors.map(({ label }) => hostName(names, label)),
    domain: names.domain,
    /** Port as part of their URLs. */
    port: names.port,
    folders: [SESSIONS, SESSIONS_IN_MEMORY],
    /** Seconds without use after which a session ends. */
    idle: session.idle,
    /** Seconds after the sign-in at which a session ends. */
    max: session.max,
    rotation: createHash("sha256").update(rotation).digest("hex").slice(0, 12),
    /** Headers of Vouch's answer: who the person is, and whether the provider has verified it. */
    who: identity.who,
    sure: identity.sure,
    ...(serverKey ? { serverKey } : {}),
  };
}

/** The way of WebSockets and event streams from nginx to a service. */
export function heldOpenFiles(hosts: VirtualHost[]): TextFiles {
  return Object.fromEntries(
    hosts.flatMap(({ label, backend }) =>
      backend
        ? [
            [
              `held-open/${label}.conf`,
              renderTemplate(new URL("held-open.conf", import.meta.url), { name: label, label, backend }),
            ],
          ]
        : [],
    ),
  );
}
