/** `npm run bench`: what the site costs in time and memory, as ratios within one run; written to bench/results.json. */

import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { cloudCosts } from "./bench/cloudCosts.ts";
import { doorCosts } from "./bench/doorCosts.ts";
import { idleCosts } from "./bench/idleCosts.ts";
import { kernelCosts } from "./bench/kernelCosts.ts";
import { previewCosts } from "./bench/previewCosts.ts";
import { findExecutable } from "./setup/command.ts";
import { installPackages } from "./setup/debian.ts";
import { operate } from "./setup/engine.ts";
import { projectFolder } from "./setup/folders.ts";
import {
  cliEnvironment,
  imageMirrorOf,
  localStackEnvironment,
  openLocalStack,
  usersConfig,
} from "./setup/localStack.ts";
import { main } from "./setup/main.ts";
import { PlainError } from "./setup/plainError.ts";
import { prepareDocker, preparePulumi, seeSurroundings } from "./setup/prepare.ts";
import { providerPackages, siteImages } from "./setup/site.ts";
import { withStandIns } from "./setup/standIns.ts";
import { type Say, step } from "./setup/step.ts";
import type { Surroundings } from "./setup/surroundings.ts";

/** One measured thing: a number, what it is compared with, and what we aim at. */
export interface Result {
  what: string;
  value: number;
  unit: string;
  /** What the value is held against, measured in the same run. */
  beside?: { what: string; value: number };
  ratio?: number;
  aim: string;
}

await main(async () => {
  const surroundings = await seeSurroundings();
  await prepareDocker(surroundings);
  const cli = await preparePulumi(surroundings);
  await step("wrk, a load generator", (say) => ensureWrk(surroundings, say));
  const config = await usersConfig();
  const needs = { images: await siteImages(config), providers: providerPackages, imageMirror: imageMirrorOf(config) };
  return withStandIns(surroundings, needs, async (standIns) => {
    await openLocalStack(cli, standIns.imageMirror);
    const env = { ...cliEnvironment(cli), ...standIns.env };
    await step("pulumi up", (say) =>
      operate(cli, ["up", "--yes", "--skip-preview"], { ...env, ...localStackEnvironment() }, say, say),
    );
    const results = [
      ...(await step("Previews with nothing to change", () => previewCosts(cli, env))),
      ...(await step("The site, idle for two minutes", () => idleCosts())),
      ...(await step("The site with a kernel that holds pandas", () => kernelCosts())),
      ...(await step("The door, loaded for five minutes", () => doorCosts(standIns.imageMirror))),
      ...(await step("A VM of the stand-in cloud", () => cloudCosts(standIns.imageMirror))),
    ];
    process.stdout.write(`\n${table(results)}\n`);
    await mkdir(join(projectFolder, "bench"), { recursive: true });
    await writeFile(
      join(projectFolder, "bench/results.json"),
      `${JSON.stringify({ standIns: standIns.lines, results }, null, 2)}\n`,
    );
    return 0;
  });
});

async function ensureWrk({ debianRoot }: Surroundings, say: Say): Promise<void> {
  if (findExecutable("wrk") !== undefined) return;
  if (!debianRoot)
    throw new PlainError("The door is loaded by wrk, which is not installed here. https://github.com/wg/wrk");
  await installPackages(["wrk"], say);
}

function table(results: Result[]): string {
  const rows = results.map(({ what, value, unit, beside, ratio, aim }) => [
    what,
    `${value} ${unit}`,
    beside ? `${beside.value} ${unit} (${beside.what})` : "",
    ratio === undefined ? "" : `× ${ratio}`,
    aim,
  ]);
  const all = [["", "measured", "beside", "ratio", "aim"], ...rows];
  const widths = all[0]?.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0))) ?? [];
  return all
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
