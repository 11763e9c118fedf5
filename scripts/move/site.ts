import { PlainError } from "../cli/plainError.ts";
import type { StackSite } from "../machine/stackSite.ts";

/** What a site has, as `site-apply move show` prints it in two lines. */
export interface Facts {
  /** Its Compose project. */
  site: string;
  /** URL of JupyterLab. */
  url: string;
  /** What it does in a move; see files/host/site_apply/move/record.py. Empty: nothing. */
  state: "" | "frozen" | "moved" | "done" | "arriving" | "left";
  /** The Compose project of the other site of that move. */
  other: string;
  /** The folders of the work: `jupyter/notebooks`, `site/apps/NAME/VOLUME`, and their paths on the machine. */
  sources: Record<string, string>;
  /** MariaDB's image; empty if the site has no database. */
  databaseImage: string;
  /** Removed apps whose data are still there. */
  unused: string[];
  /** The sources with anything in them. */
  filled: string[];
  databases: string[];
  /** Examples of what people have made. */
  work: string[];
}

/** A site in a move. */
export type MovingSite = StackSite & Facts;

/** Reads what `site-apply move show` prints. */
export function factsOf(shown: string): Facts {
  const [own = "{}", looked = "{}"] = shown.trim().split("\n");
  return { ...JSON.parse(own), ...JSON.parse(looked) };
}

/** Whether the work has been switched to the new site; only its opening may be missing. */
export const hasMoved = (from: Facts, to: Facts): boolean => from.state === "moved" && from.other === to.site;

/** Checks whether the work of a site can move to another one. Throws PlainError, with everything that must be changed. */
export function requireMovable(from: MovingSite, to: MovingSite): void {
  if (hasMoved(from, to)) return;
  const issues = [...inTheWay(from, to), ...missing(from, to)];
  if (issues.length > 0) throw new PlainError("Nothing was changed.", ...issues);
}

function inTheWay(from: MovingSite, to: MovingSite): string[] {
  const shared = Object.entries(from.sources).find(([source, folder]) => to.sources[source] === folder)?.[1];
  const busy = [...(isBusy(from, to, "arriving") ? [from] : []), ...(isBusy(to, from, "") ? [to] : [])];
  const continues = to.other === from.site && to.state !== "";
  return [
    ...(from.isHere && to.isHere && shared !== undefined
      ? [`Both stacks use the folder ${shared}. Set another one: pulumi config set notebooks FOLDER -s ${to.stack}`]
      : []),
    ...busy.map(({ stack }) => `${stack} takes part in another move. Finish that one first.`),
    ...(continues || to.work.length === 0
      ? []
      : [
          `The site of ${to.stack} is not new. It has, for example: ${to.work.join(", ")}. A move replaces everything.`,
          `Move or delete that at ${to.url} (its history keeps it), or name another stack.`,
        ]),
  ];
}

/** Whether a site is closed for another move. wrong: a state that it cannot have in this one. */
const isBusy = (site: Facts, other: Facts, wrong: string) =>
  ["frozen", "moved", "arriving"].includes(site.state) && (site.state === wrong || site.other !== other.site);

/** What the new site has no place for, with the settings to add. */
function missing(from: MovingSite, to: MovingSite): string[] {
  const lost = from.filled.filter((source) => !(source in to.sources));
  const apps = [...new Set(lost.flatMap((source) => /^site\/apps\/([^/]+)\//.exec(source)?.[1] ?? []))];
  const ofApps = apps.map((app) => {
    const volumes = lost.filter((source) => source.startsWith(`site/apps/${app}/`)).map((source) => volumeOf(source));
    return `The app ${app} has data in ${volumes.join(", ")}, and ${to.stack} has no such volume. Add the app to the setting apps of ${to.stack}, and run pulumi up -s ${to.stack}.`;
  });
  if (from.databases.length === 0) return ofApps;
  const [ours, theirs] = [tagOf(from.databaseImage), tagOf(to.databaseImage)];
  if (to.databaseImage === "")
    return [
      ...ofApps,
      `${from.stack} has databases (${from.databases.join(", ")}), and ${to.stack} has none. Run: pulumi config set database true -s ${to.stack} && pulumi up -s ${to.stack}`,
    ];
  if (ours !== theirs)
    return [
      ...ofApps,
      `${from.stack} has version ${ours} of MariaDB, and ${to.stack} has ${theirs}. Run: pulumi config set databaseTag ${ours} -s ${to.stack} && pulumi up -s ${to.stack}`,
    ];
  return ofApps;
}

/** `site/apps/notes/var~lib` → `/var/lib`. */
const volumeOf = (source: string) => `/${source.split("/")[3]?.replaceAll("~", "/") ?? ""}`;
const tagOf = (image: string) => image.split("@")[0]?.split(":").at(-1) ?? "";

/** What a move will do, for the question before it. */
export function describe(from: MovingSite, to: MovingSite): string {
  const apps = [...new Set(from.filled.flatMap((source) => /^site\/apps\/([^/]+)\//.exec(source)?.[1] ?? []))];
  const parts = [
    "notebooks",
    "home directory",
    ...(from.databases.length > 0 ? [`databases (${from.databases.join(", ")})`] : []),
    ...(apps.length > 0 ? [`data of apps (${apps.join(", ")})`] : []),
  ];
  const stays = from.unused.map((app) => `\nThe data of the removed app ${app} stay on ${from.stack}.\n`).join("");
  return `
Everything moves from ${from.stack} (${from.url}) to ${to.stack} (${to.url}):
${parts.join(", ")}.
${stays}
  1. Files are copied while ${from.stack} runs. ${to.stack} is closed.
  2. ${from.stack} is closed, too: it shows a page, and its notebooks and apps stop. The rest is copied and compared.
  3. ${to.stack} opens. ${from.stack} shows the new address; its data stay as they are.

Save open notebooks first: running kernels end. If this is interrupted, the same command continues.
`;
}
