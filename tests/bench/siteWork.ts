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

/** The duration of some work. */
export async function seconds(work: () => Promise<void>): Promise<number> {
  const began = performance.now();
  await work();
  return (performance.now() - began) / 1000;
}
