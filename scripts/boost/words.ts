import type { Boost } from "../../components/host/gcpBoost.ts";
import { plural } from "../cli/plural.ts";
import type { Report } from "../status/report.ts";
import type { Execution } from "./executions.ts";
import type { Wanted } from "./options.ts";
import { priceOf, type Rates } from "./prices.ts";
import type { MachineType } from "./vm.ts";

/** What `npm run boost` says. Pure. */

const CALCULATOR = "https://cloud.google.com/products/calculator";

const sized = ({ name, cores, memoryGb }: MachineType) => `${name} (${cores} cores, ${memoryGb} GB)`;
const dollars = (amount: number) => `${amount < 0.995 ? amount.toFixed(2) : amount.toFixed(amount < 9.95 ? 2 : 0)} USD`;
const costOf = (amount: number) => (amount < 0.005 ? "less than 0.01 USD" : `about ${dollars(amount)}`);
const clock = (time: Date) => `${time.toLocaleString("sv-SE").slice(0, 16)}`;

/** What a boost would do, before it begins. @param ends when the VM goes back, if it begins now */
export function planOf(
  boost: Boost,
  {
    now,
    next,
    wanted,
    anHour,
    ends,
  }: { now: MachineType; next: MachineType; wanted: Wanted; anHour: number | undefined; ends: Date },
): string {
  const usual = boost.machineType;
  const cost =
    anHour === undefined
      ? `Its price is not known here: ${CALCULATOR}`
      : `About ${dollars(anHour * wanted.hours)}: ${anHour.toFixed(3)} USD an hour, the list price in ${boost.zone}. Disks and address cost the same as before.`;
  return [
    `The VM ${boost.instance} changes from ${sized(now)} to ${sized(next)}${wanted.spot ? ", a spot VM" : ""}.`,
    `At ${clock(ends)}, after ${plural(wanted.hours, "hour")}, it goes back to ${usual} by itself, also if this machine is off.`,
    ...(wanted.spot
      ? [`Google can take the machine back before that. The VM then goes back to ${usual} within minutes.`]
      : []),
    cost,
    "The VM stops and starts twice: now, and when it goes back. Each takes two to three minutes. Its address and disks stay.",
  ].join("\n");
}

/** Who loses kernels when the VM stops; empty if nobody does. */
export function kernelsOf(activity: Report["activity"] | "unknown"): string {
  if (activity === "unknown") return "The site does not tell who works. All kernels end.";
  if (!activity || activity.kernels.length + activity.terminals === 0) return "";
  const people = [...Map.groupBy(activity.kernels, ({ person }) => person || "somebody")].map(([person, own]) => {
    const busy = own.filter((kernel) => kernel.busy).length;
    return `${person} (${plural(own.length, "kernel")}${busy > 0 ? `, ${busy} busy` : ""})`;
  });
  const terminals = activity.terminals > 0 ? [plural(activity.terminals, "terminal")] : [];
  return `! These end: ${[...people, ...terminals].join(", ")}.`;
}

/** A boost that runs, or the last one. */
export function told(
  boost: Boost,
  now: MachineType & { status: string },
  last: Execution | undefined,
  at: Date,
): string {
  const vm = `The VM ${boost.instance} is of type ${sized(now)}.`;
  if (!last?.what)
    return now.name === boost.machineType ? vm : `${vm} The settings say ${boost.machineType}: pulumi up`;
  const { machineType, seconds, anHour, spot } = last.what;
  const ran = last.state === "runs" ? Math.min(at.getTime(), last.ends.getTime()) : last.ends.getTime();
  const spent = Math.max(0, ran - last.began.getTime()) / 3_600_000;
  const cost = anHour === null ? "" : `, ${costOf(anHour * spent)}`;
  const kind = `${machineType}${spot ? " (spot)" : ""}`;
  switch (last.state) {
    case "runs":
      return [
        vm,
        `${kind} since ${clock(last.began)}${cost} so far. It goes back to ${boost.machineType} at ${clock(last.ends)}.`,
      ].join("\n");
    case "failed":
      return `${vm}\n${problemOf(boost, last, now.status === "RUNNING")}`;
    default: {
      const planned =
        spent * 3600 < seconds * 0.95 && last.state === "ended" ? ", because Google took the machine back" : "";
      return `${vm}\nThe last boost: ${kind} from ${clock(last.began)} to ${clock(last.ends)}${planned}${cost}.`;
    }
  }
}

/** Why a boost failed, and what helps. @param isOn whether the VM runs again */
export function problemOf(boost: Boost, { what, problem }: Execution, isOn: boolean): string {
  const type = what?.machineType ?? boost.machineType;
  if (!isOn)
    return `The VM is off, because Google could not start it. To try again: npm run boost -- --back. Google says: ${problem}`;
  if (/EXHAUSTED|does not have enough resources/.test(problem))
    return `Google has no ${type} free in ${boost.zone} now. The VM has its usual type ${boost.machineType} again. Try again in an hour, or another family: n2, e2, n2d.`;
  if (/quota/i.test(problem))
    return `The project's quota does not allow ${type}: ${problem} Request more: https://console.cloud.google.com/iam-admin/quotas`;
  return `The VM could not be changed to ${type}. Google says: ${problem}`;
}

/** Types to choose from, with their prices an hour. */
export function menuOf(rates: Rates | undefined, types: MachineType[]): string {
  const price = (type: MachineType, spot: boolean) => {
    const amount = rates && priceOf(rates, type, spot);
    return amount === undefined ? "-" : amount.toFixed(3);
  };
  const rows = types.map((type) => [
    type.name,
    `${type.cores}`,
    `${type.memoryGb} GB`,
    price(type, false),
    price(type, true),
  ]);
  const head = ["type", "cores", "memory", "USD/hour", "as spot"];
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => (row[column] ?? "").length)));
  return [head, ...rows]
    .map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ")}`.trimEnd())
    .join("\n");
}
