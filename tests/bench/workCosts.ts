import { randomBytes } from "node:crypto";
import { cp, mkdir, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { run } from "../../scripts/cli/command.ts";
import { PlainError } from "../../scripts/cli/plainError.ts";
import { makeFirstBackup } from "../support/firstBackup.ts";
import { type RunningSite, runningSite } from "../support/runningSite.ts";
import { rounded } from "./figures.ts";
import type { Result } from "./result.ts";
import { apply, inService, seconds } from "./siteWork.ts";
import { tableCosts } from "./tableCosts.ts";

const FILES = 10_000;
/** 100 files of 10 MB: 1 GB. */
const LARGE = { count: 100, bytes: 10_000_000 };
/** Runs a day: the history every 15 minutes, the backup every hour. */
const HISTORY_RUNS = 96;
const BACKUP_RUNS = 24;
const SECONDS_A_DAY = 24 * 3600;

/** The costs of the history, the backup and a restore, with 10,000 files and then 1 GB of changes. */
export async function workCosts(imageMirror: string | undefined): Promise<Result[]> {
  const site = runningSite(["jupyter", "mariadb", "site-history", "site-backup"]);
  try {
    const notebooks = `${site.host.folder}/notebooks`;
    await writeFiles(`${notebooks}/small`, FILES, 1000);
    const backup = { to: `${site.host.folder}/repository` };
    const settings = { database: "true", history: { every: 15 }, backup, ...(imageMirror ? { imageMirror } : {}) };
    const { code, output } = await site.release({ settings });
    if (code !== 0) throw new PlainError("The site could not be released.", output);
    await makeFirstBackup(site);
    await apply(site, "history");
    await apply(site, "backup");
    const idle = await idleWork(site);
    await writeFiles(`${notebooks}/large`, LARGE.count, LARGE.bytes);
    const copied = await seconds(() => copy(`${notebooks}/large`, `${site.host.folder}/copy`));
    const saved = await seconds(() => apply(site, "history"));
    const backedUp = await seconds(() => apply(site, "backup"));
    await writeFile(`${notebooks}/small/0`, "overwritten");
    const restored = await seconds(() => apply(site, "restore", "--path", "notebooks/small/0"));
    const started = await seconds(() => startRestic(site));
    const beside = { what: "a copy of them, and sync", value: rounded(copied) };
    return [
      ...idle,
      {
        what: "the history of 1 GB of new files",
        value: rounded(saved),
        unit: "s",
        beside,
        ratio: rounded(saved / copied),
        aim: "",
      },
      {
        what: "a backup of 1 GB of new files",
        value: rounded(backedUp),
        unit: "s",
        beside,
        ratio: rounded(backedUp / copied),
        aim: "",
      },
      {
        what: `a restore of one of ${FILES} files`,
        value: rounded(restored),
        unit: "s",
        beside: { what: "a container in which restic prints its version", value: rounded(started) },
        ratio: rounded(restored / started),
        aim: "10 s or less",
      },
      ...(await tableCosts(site)),
    ];
  } finally {
    await site.remove();
  }
}

/** CPU time while nothing changes: of one run of each kind, and of a whole day. */
async function idleWork(site: RunningSite): Promise<Result[]> {
  const history = await cpuOf(site, "site-history", () => apply(site, "history"));
  const dump = await cpuOf(site, "mariadb", () => inService(site, "mariadb", "/etc/mysql/conf.d/dump.sh"));
  const backUp = () => inService(site, "site-backup", "/usr/local/lib/jupyter-up/backup.sh", "once");
  const backup = await cpuOf(site, "site-backup", backUp);
  for (const each of ["forgotten", "checked"]) await rm(`${site.host.folder}/data/backup/${each}`, { force: true });
  const daily = await cpuOf(site, "site-backup", backUp);
  const day = HISTORY_RUNS * (history + dump) + (BACKUP_RUNS - 1) * backup + daily;
  return [
    {
      what: `CPU time of a run of the history, ${FILES} files unchanged`,
      value: rounded(history),
      unit: "s",
      aim: "5 s or less",
    },
    { what: "CPU time of a run of the backup, nothing new", value: rounded(backup), unit: "s", aim: "" },
    { what: "  with the daily removal of old snapshots and check", value: rounded(daily), unit: "s", aim: "" },
    {
      what: "CPU of history, dumps and backup while nothing changes, of one core",
      value: rounded((100 * day) / SECONDS_A_DAY),
      unit: "%",
      aim: "0.5 % or less",
    },
  ];
}

/** Seconds of CPU time that a service's container uses during some work. Docker's own are not included. */
async function cpuOf(site: RunningSite, service: string, work: () => Promise<void>): Promise<number> {
  // Microseconds in version 2 of control groups, nanoseconds in version 1.
  const script = `if [ -e /sys/fs/cgroup/cpu.stat ]; then awk '/^usage_usec/ { print $2 / 1e6 }' /sys/fs/cgroup/cpu.stat
    else awk '{ print $1 / 1e9 }' /sys/fs/cgroup/cpuacct/cpuacct.usage; fi`;
  const used = async () => Number((await site.exec(service, ["sh", "-c", script])).output);
  const before = await used();
  await work();
  return (await used()) - before;
}

async function startRestic(site: RunningSite): Promise<void> {
  const format = ["--format", "{{.Config.Image}}"];
  const image = await run("docker inspect", "docker", ["inspect", ...format, await site.container("site-backup")]);
  await run("docker run", "docker", ["run", "--rm", "--entrypoint", "restic", image.trim(), "version"]);
}

async function copy(from: string, to: string): Promise<void> {
  await cp(from, to, { recursive: true });
  await run("sync", "sync", ["--file-system", to]);
}

/** Files with random content, for which neither compression nor deduplication helps. */
async function writeFiles(folder: string, count: number, bytes: number): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (let number = 0; number < count; number++) await writeFile(`${folder}/${number}`, randomBytes(bytes));
  // Jupyter's user owns the notebooks.
  if (process.getuid?.() === 0) await run("chown", "chown", ["-R", "1000:100", dirname(folder)]);
}
