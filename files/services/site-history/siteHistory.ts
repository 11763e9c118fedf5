import { readdirSync, readFileSync } from "node:fs";
import type { History } from "../../../settings/history.ts";
import { HARDENED } from "../../release/hardening.ts";
import type { HistoryManifest } from "../../release/manifest.ts";
import { unitsOf } from "../../release/units.ts";
import { backupState, noticesFolder } from "../../site/backupFolders.ts";
import { HISTORY_MOUNT, historyFolder } from "../../site/historyFolder.ts";
import type { HostLayout } from "../../site/hostLayout.ts";
import type { ForeignFolder, Service, TextFiles } from "../../site/service.ts";

/** Name of the service, and of the folder of its systemd units. */
export const SITE_HISTORY = "site-history";

/** The history of a site's data, made by a timer of the host or by a service. */
export interface SiteHistory {
  /** The history's part of the release's manifest. */
  manifest: Omit<HistoryManifest, "units">;
  /** Units for the host's systemd, by file name; empty if a service makes the history. */
  units: TextFiles;
  /** The service that makes the history; absent if a timer does. */
  service?: Service;
}

const PACKAGE = new URL("../../host/site_apply/history/", import.meta.url);
const FILES = "/usr/local/lib/jupyter-up";
const CONFIG = `${FILES}/history.json`;
const STORE = "/history";
const BACKUP = "/backup";
const NOTICES = "/notices";

/** File with the sentence about the backup for the front page, in the folder of such files. */
const NOTICE = "backup";

type Made = Exclude<History, false>;

/**
 * The history of the services' data. A timer makes it on a host with systemd, and a service on any other host.
 * @param name Compose project: prefix of the timer's name.
 * @param services All other services of the site; their data folders say what the history contains.
 * @param hasBackup Whether the history is backed up. Then the front page shows when the backup needs attention.
 */
export function siteHistory(
  name: string,
  history: Made,
  layout: HostLayout,
  services: Service[],
  hasBackup: boolean,
): SiteHistory {
  const common = { every: history.every, max_percent: history.maxPercent, keep: history.keep };
  const sources = services.flatMap(({ data = [] }) =>
    data.flatMap(({ source, history }) => (history ? [{ path: source, ...history }] : [])),
  );
  const watched = { state: backupState(layout), notices: noticesFolder(layout) };
  const manifest = {
    folder: historyFolder(layout),
    ...common,
    sources,
    mount_point: `${layout.notebooks}/${HISTORY_MOUNT}`,
    ...(hasBackup ? { backup: { state: watched.state, notice: `${watched.notices}/${NOTICE}` } } : {}),
  };
  if (layout.systemd) return { manifest, units: units(name, history, layout) };
  const jupyter = services.find((service) => service.name === "jupyter");
  if (!jupyter) throw new Error("the service of the history needs Jupyter's image, but the site has no Jupyter");
  const config = {
    folder: STORE,
    ...common,
    sources: sources.map((source) => ({ ...source, path: `/sources/${source.at}` })),
    ...(hasBackup ? { backup: { state: BACKUP, notice: `${NOTICES}/${NOTICE}` } } : {}),
  };
  const backup = hasBackup
    ? [
        { source: watched.state, target: BACKUP },
        { source: watched.notices, target: NOTICES, writable: true },
      ]
    : [];
  return {
    manifest: { ...manifest, service: SITE_HISTORY, command: ["python3", "-m", "history.service", CONFIG] },
    units: {},
    service: service(jupyter, manifest, backup, JSON.stringify(config, undefined, 2)),
  };
}

/** The service that makes the history. It runs the timer's Python code in Jupyter's image, which the machine has anyway. */
function service(
  { image }: Service,
  { folder, sources }: Pick<HistoryManifest, "folder" | "sources">,
  backup: ForeignFolder[],
  config: string,
): Service {
  return {
    name: SITE_HISTORY,
    about: "Keeps earlier states of the work. It reads the site's data, writes the history, and has no network.",
    image,
    user: { uid: 0, gid: 0 },
    networks: [],
    compose: {
      ...HARDENED,
      dns_opt: undefined,
      dns_search: undefined,
      network_mode: "none",
      // It reads the files of all users, and gives the copies to the owners of the originals.
      user: "0:0",
      cap_add: ["CHOWN", "DAC_OVERRIDE", "FOWNER"],
      mem_limit: "256m",
      working_dir: FILES,
      environment: { PYTHONDONTWRITEBYTECODE: "1", PYTHONUTF8: "1" },
      entrypoint: ["nice", "-n", "19", "python3", "-m", "history.service", CONFIG],
      healthcheck: { disable: true },
      // The next run repairs what a killed run has left.
      stop_grace_period: "1s",
    },
    files: { at: FILES, content: () => ({ ...modules(), "history.json": `${config}\n` }) },
    foreign: [
      { source: folder, target: STORE, writable: true },
      ...sources.map(({ path, at }) => ({ source: path, target: `/sources/${at}` })),
      ...backup,
    ],
  };
}

/** The modules of the Python package. It works without __init__.py. */
function modules(): TextFiles {
  const names = readdirSync(PACKAGE).filter((name) => /^[a-z]\w*\.py$/.test(name));
  return Object.fromEntries(
    names.sort().map((name) => [`history/${name}`, readFileSync(new URL(name, PACKAGE), "utf8")]),
  );
}

const units = (name: string, { every }: Made, layout: HostLayout) =>
  unitsOf({
    name,
    kind: "history",
    about: `Keeps the history of ${name}`,
    templates: "history",
    beside: import.meta.url,
    layout,
    values: { every: String(every) },
  });
