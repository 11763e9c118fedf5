import { readdirSync, readFileSync } from "node:fs";
import type { Settings } from "../../../settings/resolve.ts";
import { HARDENED } from "../../release/hardening.ts";
import type { HostLayout } from "../../site/hostLayout.ts";
import type { Service, TextFiles } from "../../site/service.ts";
import { jupyter } from "../jupyter/jupyter.ts";
import { PERSON_COMMAND, SOCKET_FOLDER } from "../mariadb/mariadb.ts";
import serverName from "../nginx/session/serverName.js";
import { databaseKey, serverKey } from "../people-hub/keys.ts";
import { HUB_IMAGE, HUB_USER, personNetworks, SPAWNER_SOCKET } from "../people-hub/peopleHub.ts";
import { engineContainer } from "./engineContainer.ts";

const FILES = "/usr/local/lib/people-spawner";
const SECRETS = "/run/secrets/people-spawner";
const ENGINE = "/var/run/docker.sock";
/** Folders in the spawner's container: all homes, and the home of Jupyter for all. */
const HOMES = "/homes";
const FIRST_HOME = "/first-home";
/** A server without notebooks takes 115 MiB, and a kernel about 40. */
const LEAST_MIB = 200;
const PACKAGE = new URL("person_servers/", import.meta.url);

/** Options of the spawner. */
export interface SpawnerArgs {
  /** Compose project. */
  name: string;
  settings: Pick<Settings, "jupyter" | "history" | "timezone" | "database" | "allow">;
  layout: HostLayout;
  names: Parameters<typeof jupyter>[0];
  /** Limits of the servers. */
  limits: { memoryMiB: number; most: number };
}

/**
 * The only service with Docker's socket. It starts and stops the servers of people, whose definition is one of its files. It has no
 * network, and only the hub can send it requests.
 */
export function peopleSpawner({ name, settings, layout, names, limits }: SpawnerArgs): Service {
  const { dns_opt, dns_search, ...hardened } = HARDENED;
  const shared = jupyter(names, settings, layout);
  const home = `${layout.data}/home`;
  const homes = `${layout.data}/homes`;
  const first = settings.allow.find((entry) => !entry.startsWith("@"));
  const { uid = 0, gid = 0 } = shared.user ?? {};
  const run = (command: string) => ["python3", "-m", "person_servers.main", command];
  return {
    name: "people-spawner",
    about:
      "Starts and stops the servers of people, and nothing else. It is the only service with Docker's socket, and has no network.",
    image: HUB_IMAGE,
    user: { uid: 0, gid: 0 },
    networks: [],
    compose: {
      ...hardened,
      network_mode: "none",
      user: "0:0",
      // It makes homes in folders of their owners, and gives its socket to the hub.
      cap_add: ["CHOWN", "DAC_OVERRIDE"],
      mem_limit: "96m",
      working_dir: FILES,
      environment: {
        PYTHONDONTWRITEBYTECODE: "1",
        PYTHONUTF8: "1",
        DOCKER_SOCKET: ENGINE,
        HOMES,
        FIRST_HOME,
        SERVER_KEY: `${SECRETS}/server-key`,
        DATABASE_KEY: `${SECRETS}/database-key`,
        SPAWNER_SOCKET: `${SPAWNER_SOCKET.target}/spawner.sock`,
        SPAWNER_CLIENT: `${layout.uid ?? HUB_USER.uid}`,
      },
      entrypoint: run("serve"),
      healthcheck: {
        test: ["CMD", "test", "-S", `${SPAWNER_SOCKET.target}/spawner.sock`],
        interval: "60s",
        timeout: "5s",
        retries: 3,
        start_period: "900s",
      },
      stop_grace_period: "2s",
    },
    files: {
      at: FILES,
      content: ({ definitionOf }) => ({
        ...modules(),
        "definition.json": `${JSON.stringify(
          {
            project: name,
            networks: personNetworks(limits.most).map((network) => `${name}_${network}`),
            container: engineContainer(definitionOf("jupyter"), {
              memoryMiB: limits.memoryMiB,
              inMemory: settings.database
                ? [{ name: `${name}_${SOCKET_FOLDER.name}`, target: SOCKET_FOLDER.target }]
                : [],
            }),
            home: "/home/jovyan",
            homes,
            owner: [layout.uid ?? uid, gid],
            first: first ? [serverName(first), home] : null,
            prepare: shared.prepare ?? [],
            least_mib: LEAST_MIB,
            database: settings.database ? [`${name}-mariadb-1`, PERSON_COMMAND] : null,
          },
          undefined,
          2,
        )}\n`,
      }),
    },
    secretFiles: {
      at: SECRETS,
      content: (secrets) => ({
        "server-key": `${serverKey(secrets)}\n`,
        "database-key": `${databaseKey(secrets)}\n`,
      }),
    },
    inMemory: [SPAWNER_SOCKET],
    // Notebooks cannot read the history of all people's homes. The owner restores from it.
    data: [{ source: homes, target: HOMES, history: { at: "site/homes" } }],
    foreign: [
      { source: ENGINE, target: ENGINE, writable: true },
      { source: home, target: FIRST_HOME, writable: true },
    ],
    dismiss: run("dismiss"),
    activity: run("activity"),
  };
}

/** The modules of the Python package. It works without __init__.py. */
function modules(): TextFiles {
  const names = readdirSync(PACKAGE).filter((name) => /^[a-z]\w*\.py$/.test(name));
  return Object.fromEntries(
    names.sort().map((name) => [`person_servers/${name}`, readFileSync(new URL(name, PACKAGE), "utf8")]),
  );
}
