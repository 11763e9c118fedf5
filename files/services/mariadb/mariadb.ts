import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { App, AppDatabase } from "../../../settings/apps/app.ts";
import { checkout } from "../../../settings/checkout.ts";
import type { History } from "../../../settings/history.ts";
import { clockOf } from "../../release/clock.ts";
import { HARDENED, healthCheck } from "../../release/hardening.ts";
import { renderTemplate } from "../../release/template.ts";
import { historyFolder } from "../../site/historyFolder.ts";
import type { HostLayout } from "../../site/hostLayout.ts";
import type { Secrets } from "../../site/secrets.ts";
import type { DataFolder, Service, TextFiles } from "../../site/service.ts";
import { accessSql, accountsOf, NOTEBOOKS, obsoleteSql, sessionsSql } from "./access.ts";

/** The internal network of the database and the services that use it. */
export const DATABASE_NETWORK = "db";

/** The folder in memory of MariaDB's socket, through which the servers of people reach it: their networks have no other service. */
export const SOCKET_FOLDER = { name: "database-socket", target: "/run/mysqld" };

const FILES = "/etc/mysql/conf.d";
const SECRETS = "/run/secrets/mariadb";
/** 16 GB of memory are 192 MiB more than the minimum: all of it is for the buffer pool. */
const MEMORY = { leastMiB: 320, part: 32 };
/** Command that creates the database of a person; see person.sh. */
export const PERSON_COMMAND = ["sh", `${FILES}/person.sh`];
const file = (name: string) => renderTemplate(new URL(name, import.meta.url));

export interface MariadbArgs {
  /** Tag of docker.io/library/mariadb: `11.8`, or one version of it. */
  tag: string;
  /** The site's apps; some have a database. */
  apps: App[];
  /** Names of former apps whose databases are to be deleted. */
  purge: string[];
  /** Networks of MariaDB and one app each. */
  appNetworks: string[];
  history: History;
  /** Whether there is a backup, whose dumps a drill restores every week. */
  hasBackup: boolean;
  /** The setting `timezone`. */
  timezone: string;
  layout: HostLayout;
  /** Whether each person has a server, with a database user of their own. */
  ownServers: boolean;
}

/** MariaDB, for notebooks and apps. */
export function mariadb(args: MariadbArgs): Service {
  const { tag, apps, purge, appNetworks, history, hasBackup, timezone, layout, ownServers } = args;
  const networks = [DATABASE_NETWORK, ...appNetworks];
  const hasDrill = hasBackup && history !== false;
  return {
    name: "mariadb",
    about:
      "Databases of notebooks and apps. Its networks are internal, and none of its ports is published. Each network db-* is for one app.",
    image: {
      reference: `docker.io/library/mariadb:${tag}`,
      sizeMiB: 340,
      // The tag of a series moves from one version to the next. The image changes no data on disk between versions, so a
      // failed release can roll back. The tag of a version does not move.
      ...(/^\d+\.\d+\.\d+/.test(tag) ? {} : { pin: "pulumi config set databaseTag {version}" }),
    },
    // If it started as root, its entrypoint would need capabilities to switch to this user.
    user: { uid: 999, gid: 999, imposed: true },
    networks,
    internal: networks,
    compose: {
      ...HARDENED,
      entrypoint: ["sh", `${FILES}/start.sh`, `${MEMORY.leastMiB}`, `${MEMORY.part}`],
      // The socket's folder must be writable for the container's user.
      tmpfs: [...HARDENED.tmpfs, ...(ownServers ? [] : [`${SOCKET_FOLDER.target}:mode=1777,size=1m`])],
      // One thread per connection, plus MariaDB's own.
      pids_limit: 192,
      mem_limit: `${MEMORY.leastMiB}m`,
      environment: {
        // The server's time_zone is SYSTEM. It stores a TIMESTAMP in UTC.
        ...clockOf(timezone),
        // With these values, MariaDB returns the memory of a large statement when it ends. With several arenas, each would
        // keep some.
        MALLOC_ARENA_MAX: "1",
        MALLOC_MMAP_THRESHOLD_: "262144",
        MALLOC_TRIM_THRESHOLD_: "1048576",
        MARIADB_ROOT_PASSWORD_FILE: `${SECRETS}/current/root-password`,
        MARIADB_ROOT_HOST: "localhost",
        // A new series is an upgrade: MariaDB converts the system tables when it starts. Between versions of a series, they
        // do not change.
        MARIADB_AUTO_UPGRADE: "1",
        ...(history && !layout.systemd ? { DUMP_EVERY_SECONDS: String(history.every * 60) } : {}),
        ...(hasDrill && !layout.systemd ? { DRILL: "weekly" } : {}),
      },
      healthcheck: healthCheck("healthcheck.sh", "--connect", "--innodb_initialized"),
      // If it were killed sooner, it would have to recover at the next start.
      stop_grace_period: "60s",
    },
    files: {
      at: FILES,
      content: () => ({
        "site.cnf": file("site.cnf"),
        "start.sh": file("start.sh"),
        "prepare.sh": file("prepare.sh"),
        "reserve.sh": file("reserve.sh"),
        "dump.sh": file("dump.sh"),
        "dumps.sh": file("dumps.sh"),
        "load.sh": file("load.sh"),
        "drill.sh": file("drill.sh"),
        ...(ownServers ? { "person.sh": file("person.sh") } : {}),
      }),
    },
    ...(ownServers ? { inMemory: [SOCKET_FOLDER] } : {}),
    memoryShare: MEMORY,
    secretFiles: { at: SECRETS, mountParent: true, content: (secrets) => secretFiles(apps, purge, secrets) },
    prepare: [
      ["sh", `${FILES}/reserve.sh`],
      ["sh", `${FILES}/prepare.sh`, `${SECRETS}/current`],
    ],
    postRelease: purge.length > 0 ? [["sh", `${FILES}/prepare.sh`, `${SECRETS}/current`, "purge"]] : [],
    data: [{ source: `${layout.data}/mariadb`, target: "/var/lib/mysql" }, ...(history ? dumpFolders(layout) : [])],
    ...(history ? { dump: ["sh", `${FILES}/dump.sh`], load: ["sh", `${FILES}/load.sh`] } : {}),
    ...(hasDrill ? { drill: ["sh", `${FILES}/drill.sh`] } : {}),
  };
}

/**
 * Folders of dumps: one for the notebooks' own database, which notebooks can read, and one for all others. The history keeps
 * states of both.
 */
function dumpFolders(layout: HostLayout): DataFolder[] {
  const folder = (name: string, at: string) => ({
    source: `${historyFolder(layout)}/dumps/${name}`,
    target: `/dumps/${name}`,
    history: { at, without: [".new"] },
  });
  return [folder("notebooks", "jupyter/database"), folder("others", "site/databases")];
}

function secretFiles(apps: App[], purge: string[], secrets: Secrets): TextFiles {
  const accounts = accountsOf(apps, secrets);
  return {
    "root-password": `${secrets.databaseRootPassword}\n`,
    "access.sql": accessSql(accounts, secrets.databaseRootPassword),
    "obsolete.sql": obsoleteSql(accounts),
    "sessions.sql": sessionsSql(accounts),
    ...(purge.length > 0 ? { purge: purge.map((app) => `${app}\n`).join("") } : {}),
    [`databases/${NOTEBOOKS}.sql`]: "-- Empty at first: notebooks create the tables.\n",
    ...Object.fromEntries(
      apps.flatMap(({ name, database }) => (database ? [[`databases/${name}.sql`, schemaOf(database)]] : [])),
    ),
  };
}

/** The initial content of an app's database. */
function schemaOf({ schema }: AppDatabase): string {
  if (schema === undefined) return "-- Empty at first: the app creates its tables.\n";
  return readFileSync(join(checkout, schema), "utf8").replace(/\n*$/, "\n");
}
