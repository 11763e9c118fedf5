import { stripVTControlCharacters, styleText } from "node:util";
import { plural } from "../cli/plural.ts";
import type { Concern, Report } from "./report.ts";

/** How the status is printed. */
export interface Look {
  /** Names the stack in the commands that fix something: `pulumi up` → `pulumi up -s dev`. */
  command(text: string): string;
  /** Whether lines that need the owner are red. */
  colored: boolean;
}

const WIDTH = 14;

/** The status in lines for people. Each line that starts with `!` needs the owner of the site. */
export function show(report: Report, { command, colored }: Look): string {
  const alert = (text: string) => (colored ? styleText("red", text, { validateStream: false }) : text);
  const lines = [
    ...rows(report).map(([name, ...texts]) =>
      texts.map((text, index) => `  ${(index === 0 ? name : "").padEnd(WIDTH)}${text}`).join("\n"),
    ),
    "",
    ...byFix(report.concerns).flatMap(([fix, concerns]) => [
      ...concerns.map(({ what }) => alert(`! ${what}`)),
      `    ${command(fix)}`,
    ]),
    ...(report.concerns.length === 0 ? ["  All is well."] : []),
  ];
  // Users of Jupyter control some of the texts.
  return `${report.url}\n${lines.map((line) => (colored ? line : stripVTControlCharacters(line))).join("\n")}\n`;
}

/** Concerns with the same command, in the order of their first one. */
function byFix(concerns: Concern[]): [fix: string, concerns: Concern[]][] {
  return [...Map.groupBy(concerns, ({ fix }) => fix)];
}

function rows(report: Report): [name: string, ...texts: string[]][] {
  const { release, services, disks, memory, activity, certificate, work, parts, changes, at } = report;
  const ago = (time: string) => agoOf(time, at);
  const widest = Math.max(0, ...services.map(({ name }) => name.length));
  return [
    ["release", `${release.id}, since ${shortTime(release.since)} (${ago(release.since)})`],
    ...listed(
      "services",
      services.map((each) => `${each.name.padEnd(widest)}  ${healthOf(each)}${restartsOf(each.restarts)}`),
    ),
    ...listed(
      "disk",
      disks.map(({ folder, percent, free_mib }) => `${percent} % used, ${size(free_mib)} free at ${folder}`),
    ),
    ...listed("memory", memory ? [`${size(memory.available_mib)} of ${size(memory.total_mib)} available`] : []),
    ...listed("Jupyter", activity ? activityOf(activity, ago) : []),
    ...listed("certificate", certificate ? [certificateOf(certificate)] : []),
    ...listed("history", work.history ? [`last state ${ago(work.history)}`] : []),
    ...listed("backup", work.destination ? [backupOf(work, ago)] : []),
    ...listed(
      "images",
      parts.map(
        ({ image, version, built, days }) => `${image.split("/").at(-1)} ${version}, built ${built} (${days} days)`,
      ),
    ),
    ...listed("reboots", report.reboots ? rebootsOf(report.reboots, report.reboot, ago) : []),
    ...listed(
      "Cloudflare",
      report.cloudflare_ranges.length > 0 ? [`${report.cloudflare_ranges.length} address ranges admitted`] : [],
    ),
    ["by hand", changes === null ? "not compared, because a release is running" : changedOf(changes.length)],
  ];
}

const listed = (name: string, texts: string[]): [string, ...string[]][] => (texts.length > 0 ? [[name, ...texts]] : []);

const healthOf = ({ state, health }: Report["services"][number]) => (state === "running" && health ? health : state);
const restartsOf = (count: number) =>
  count === 0 ? "" : count === 1 ? ", restarted once" : `, restarted ${count} times`;
const changedOf = (count: number) => (count === 0 ? "nothing was changed" : `${count} changed`);

function activityOf(
  { kernels, terminals, memory_mib, limit_mib }: NonNullable<Report["activity"]>,
  ago: (time: string) => string,
): string[] {
  const people = [...Map.groupBy(kernels, ({ person }) => person || "somebody")].map(([person, own]) => {
    const busy = own.filter((kernel) => kernel.busy).length;
    const last =
      own
        .map(({ since }) => since)
        .toSorted()
        .at(-1) ?? "";
    return `${person}: ${plural(own.length, "kernel")}, ${busy > 0 ? `${busy} busy` : `idle, last used ${ago(last)}`}`;
  });
  const sum = `${plural(kernels.length, "kernel")}, ${plural(terminals, "terminal")}`;
  return [`${sum}; ${size(memory_mib)} of ${size(limit_mib)} used`, ...people];
}

const certificateOf = ({ days, renews }: NonNullable<Report["certificate"]>) =>
  `${days} days left${renews ? ", renews itself" : ""}`;

function backupOf({ backup, restored, destination }: Report["work"], ago: (time: string) => string): string {
  const tried = restored ? `, a restore succeeded ${ago(restored)}` : ", no restore was tried yet";
  return `${backup ? `last ${ago(backup)}` : "none yet"}${backup ? tried : ""}; to ${destination}`;
}

function rebootsOf(
  { at, waits, last, checked, problem }: NonNullable<Report["reboots"]>,
  packages: string[],
  ago: (time: string) => string,
): string[] {
  const found = problem ? "the check afterwards found a problem" : "the site answered afterwards";
  return [
    `at ${at}, if updates need it and nobody works`,
    ...(last ? [`last ${ago(last)}, ${checked ? found : "not checked yet"}`] : []),
    ...(packages.length > 0 ? [`needed for ${packages.slice(0, 5).join(", ")}. ${waits}`.trimEnd()] : []),
  ];
}

const size = (mib: number) => (mib >= 10_240 ? `${Math.round(mib / 1024)} GiB` : `${mib} MiB`);
const shortTime = (time: string) => (time ? `${time.slice(0, 16).replace("T", " ")} UTC` : "an unknown time");

/** How long before another time it was: `3 hours ago`. */
function agoOf(time: string, at: string): string {
  if (time === "") return "at an unknown time";
  const minutes = Math.max(0, Math.floor((Date.parse(at) - Date.parse(time)) / 60_000));
  if (minutes < 2) return "just now";
  if (minutes < 120) return `${minutes} minutes ago`;
  return minutes < 2880 ? `${Math.floor(minutes / 60)} hours ago` : `${Math.floor(minutes / 1440)} days ago`;
}

/** The commands for a stack. The one of `npm start` has no other way, and neither has a machine without Pulumi. */
export function commandFor(stack: string, isOwn: boolean, hasPulumi: boolean): (text: string) => string {
  const pulumi = isOwn || !hasPulumi ? "npm run pulumi --" : "pulumi";
  const which = isOwn ? "" : ` -s ${stack}`;
  return (text) => text.replace(/\bpulumi (up|config set|config rm)\b/g, (_, words) => `${pulumi} ${words}${which}`);
}
