import { readdirSync, readFileSync } from "node:fs";
import { PlainError } from "../../scripts/cli/plainError.ts";
import type { RunningSite } from "../support/runningSite.ts";

/** Runs site-apply with these arguments. */
export async function apply(site: RunningSite, ...words: string[]): Promise<void> {
  const { code, output } = await site.host.apply(words);
  if (code !== 0) throw new PlainError(`site-apply ${words.join(" ")} failed.`, output);
}

/** Runs a script of a service's container. */
export async function inService(site: RunningSite, service: string, ...script: string[]): Promise<void> {
  const { code, output } = await site.exec(service, ["sh", ...script]);
  if (code !== 0) throw new PlainError(`${script.join(" ")} failed.`, output);
}

/** The most memory of one process of the host program during some work, in MiB. */
export async function memoryOnHost(site: RunningSite, work: () => Promise<void>): Promise<number> {
  let most = 0;
  const look = () => {
    for (const process of readdirSync("/proc").filter((name) => /^\d+$/.test(name)))
      try {
        if (!readFileSync(`/proc/${process}/cmdline`, "utf8").includes(`${site.host.layout.root}`)) continue;
        const [, kilobytes] = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${process}/status`, "utf8")) ?? [];
        most = Math.max(most, Number(kilobytes ?? 0) / 1024);
      } catch {
        // It has ended.
      }
  };
  const timer = setInterval(look, 50);
  try {
    await work();
  } finally {
    clearInterval(timer);
  }
  if (most === 0) throw new PlainError("No process of the host program was seen.");
  return most;
}

/** The duration of some work. */
export async function seconds(work: () => Promise<void>): Promise<number> {
  const began = performance.now();
  await work();
  return (performance.now() - began) / 1000;
}
