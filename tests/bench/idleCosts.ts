import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { composeProject } from "../../components/names.ts";
import { run } from "../../scripts/cli/command.ts";
import { localStack } from "../../scripts/pulumi/localStack.ts";
import { projectFile } from "../../scripts/pulumi/projectFile.ts";
import { rounded } from "./figures.ts";
import type { Result } from "./result.ts";

export const COMPOSE_PROJECT = composeProject(projectFile.name, localStack);
const TWO_MINUTES = 120_000;
const MEBIBYTE = 1024;
const TICKS_A_SECOND = 100;

/**
 * Resident memory and CPU time of each service's processes without a running kernel, over two minutes without requests.
 */
export async function idleCosts(): Promise<Result[]> {
  const before = await processes();
  await sleep(TWO_MINUTES);
  const after = await processes();
  const memory = Object.entries(after).map(([service, { resident }]) => ({ service, mebibytes: resident / MEBIBYTE }));
  const cpu = Object.entries(after).map(([service, { cpuSeconds }]) => cpuSeconds - (before[service]?.cpuSeconds ?? 0));
  return [
    ...memory.map(({ service, mebibytes }) => ({
      what: `resident memory of ${service}`,
      value: Math.round(mebibytes),
      unit: "MiB",
      aim: "",
    })),
    {
      what: "resident memory of the site, no kernels",
      value: Math.round(memory.reduce((sum, { mebibytes }) => sum + mebibytes, 0)),
      unit: "MiB",
      aim: "350 MiB or less",
    },
    {
      what: "CPU of the site when idle, of one core",
      value: rounded((cpu.reduce((sum, seconds) => sum + seconds, 0) / (TWO_MINUTES / 1000)) * 100),
      unit: "%",
      aim: "2 % or less",
    },
  ];
}

/** Resident MiB, by service. */
export async function memoryByService(): Promise<Record<string, number>> {
  const usages = Object.entries(await processes());
  return Object.fromEntries(usages.map(([service, { resident }]) => [service, resident / MEBIBYTE]));
}

interface Usage {
  /** KiB; memory shared by several processes is counted for each. */
  resident: number;
  cpuSeconds: number;
}

/** The resources used by each service's container. */
async function processes(): Promise<Record<string, Usage>> {
  const containers = await run("docker ps", "docker", [
    "ps",
    "--filter",
    `label=com.docker.compose.project=${COMPOSE_PROJECT}`,
    "--format",
    '{{.ID}} {{.Label "com.docker.compose.service"}}',
  ]);
  const usages = containers
    .trim()
    .split("\n")
    .map(async (line) => {
      const [id = "", service = ""] = line.split(" ");
      return [service, await usageOf(id)] as const;
    });
  return Object.fromEntries(await Promise.all(usages));
}

/** The resources used by a container's processes. */
export async function usageOf(container: string): Promise<Usage> {
  const rows = await run("docker top", "docker", ["top", container, "-eo", "pid,rss"]);
  const [, ...figures] = rows.trim().split("\n");
  const usage = { resident: 0, cpuSeconds: 0 };
  for (const figure of figures) {
    const [pid = "", rss = "0"] = figure.trim().split(/\s+/);
    usage.resident += Number(rss);
    usage.cpuSeconds += await cpuSecondsOf(pid);
  }
  return usage;
}

/** From Linux's own counter in hundredths of a second; `ps` would round to whole seconds. */
async function cpuSecondsOf(pid: string): Promise<number> {
  const line = await readFile(`/proc/${pid}/stat`, "utf8");
  // The program's name, in parentheses, may contain blanks; user and system time are the 12th and 13th fields after it.
  const fields = line.slice(line.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS_A_SECOND;
}
