import type { Backup } from "../../../settings/backup.ts";
import { HARDENED } from "../../release/hardening.ts";
import type { BackupManifest, HistoryManifest } from "../../release/manifest.ts";
import { renderTemplate } from "../../release/template.ts";
import { unitsOf } from "../../release/units.ts";
import { backupState } from "../../site/backupFolders.ts";
import type { HostLayout } from "../../site/hostLayout.ts";
import type { Service } from "../../site/service.ts";
import { placeOf } from "./place.ts";

/** Name of the service. */
export const SITE_BACKUP = "site-backup";

/** The backup of a site's history. */
export interface SiteBackup {
  /** What the host has to know. */
  manifest: BackupManifest;
  service: Service;
}

type Made = Exclude<Backup, false>;

const FILES = "/usr/local/lib/jupyter-up";
const SECRETS = "/run/secrets/site-backup";
const KEY = "key";
const file = (name: string, values: Record<string, string> = {}) =>
  renderTemplate(new URL(name, import.meta.url), values);

/**
 * restic, which copies the newest trees of the history. A timer of the host has it run, or it stays where there is none.
 * @param name Compose project: the host name in the snapshots, and prefix of the timer's name.
 */
export function siteBackup(
  name: string,
  { to, keep, restore }: Made,
  layout: HostLayout,
  history: Pick<HistoryManifest, "folder" | "sources">,
): SiteBackup {
  const place = placeOf(to, layout, FILES, SECRETS);
  const state = backupState(layout);
  const script = ["sh", `${FILES}/backup.sh`];
  return {
    manifest: {
      service: SITE_BACKUP,
      state,
      destination: place.name,
      folder: place.folder?.source,
      restic: ["sh", `${FILES}/restic.sh`],
      restore: restore && { site: restore.from, at: restore.at },
    },
    service: {
      name: SITE_BACKUP,
      about: "Backs up the history with restic, encrypted. It reads the history, and sees nothing else of the site.",
      image: { reference: "docker.io/restic/restic:0.18.1", sizeMiB: 60 },
      user: { uid: 0, gid: 0 },
      // Named like an app, so that no app can be on it.
      networks: place.folder ? [] : [SITE_BACKUP],
      compose: {
        ...HARDENED,
        ...(place.folder ? { dns_opt: undefined, dns_search: undefined, network_mode: "none" } : {}),
        // It reads the files of all users, and a restore gives them their former owners.
        user: "0:0",
        cap_add: ["CHOWN", "DAC_OVERRIDE", "FOWNER"],
        mem_limit: "384m",
        // restic has some threads for each core.
        pids_limit: 256,
        environment: {
          HISTORY: "/history",
          STATE: "/state",
          // For messages: the same places on the machine.
          STATE_ON_HOST: state,
          DESTINATION: place.name,
          RESTIC_REPOSITORY: place.repository,
          ...place.environment,
          RESTIC_PASSWORD_FILE: `${SECRETS}/${KEY}`,
          RESTIC_HOST: name,
          RESTIC_CACHE_DIR: "/state/cache",
          // Packs do not fit into the container's own /tmp.
          TMPDIR: "/state/tmp",
          // Less memory for a little more work.
          GOGC: "20",
        },
        entrypoint: ["nice", "-n", "19", ...script],
        command: layout.systemd ? ["once"] : ["hourly"],
        ...(layout.systemd ? { restart: "no", profiles: ["backup"] } : {}),
        healthcheck: { disable: true },
        // A run that is killed leaves a repository that the next one can use.
        stop_grace_period: "5s",
      },
      files: {
        at: FILES,
        content: () => ({
          "backup.sh": file("backup.sh"),
          "maintenance.sh": file("maintenance.sh"),
          "restic.sh": file("restic.sh"),
          ...place.files,
          sources: history.sources.map(({ at }) => `${at}\n`).join(""),
          keep: optionsOf(keep),
        }),
      },
      secretFiles: {
        at: SECRETS,
        content: ({ backupKey, backupCredential = "" }) => ({
          [KEY]: `${backupKey}\n`,
          ...place.secretFiles(backupCredential),
        }),
      },
      foreign: [
        ...["jupyter", "site"].map((part) => ({ source: `${history.folder}/${part}`, target: `/history/${part}` })),
        { source: state, target: "/state", writable: true },
        ...(place.folder ? [{ ...place.folder, writable: true }] : []),
      ],
      ...(layout.systemd
        ? {
            units: unitsOf({
              name,
              kind: "backup",
              about: `Backs up ${name}`,
              templates: "backup",
              beside: import.meta.url,
              layout,
            }),
          }
        : {}),
    },
  };
}

/** restic's options for how long snapshots are kept. Ages count from the newest one, as in the history. */
function optionsOf(keep: Made["keep"]): string {
  const within = Object.entries(keep).filter(([, days]) => days > 0);
  return ["--keep-last=1", ...within.map(([period, days]) => `--keep-within-${period}=${days}d`), ""].join("\n");
}
