/**
 * `npm run bench`: measures what the site costs in time and memory, as ratios within one run. Writes
 * bench/results.json.
 */

import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { withFakes } from "../../offline/index.ts";
import { installPackages } from "../../offline/setup/debian.ts";
import type { Environment } from "../../offline/setup/environment.ts";
import { findExecutable } from "../../scripts/cli/command.ts";
import { projectFolder } from "../../scripts/cli/folders.ts";
import { main } from "../../scripts/cli/main.ts";
import { PlainError } from "../../scripts/cli/plainError.ts";
import { type Say, step } from "../../scripts/cli/step.ts";
import { ensureBrowser } from "../../scripts/machine/browser.ts";
import { inspectMachine, prepareDocker, preparePulumi } from "../../scripts/machine/prepare.ts";
import { operate } from "../../scripts/pulumi/engine.ts";
import {
  cliEnvironment,
  imageMirrorOf,
  localStackEnvironment,
  openLocalStack,
  usersConfig,
} from "../../scripts/pulumi/localStack.ts";
import { providerPackages, siteImages } from "../../scripts/pulumi/site.ts";
import { cloudCosts } from "./cloudCosts.ts";
import { diskCosts } from "./diskCosts.ts";
import { doorCosts } from "./doorCosts.ts";
import { idleCosts } from "./idleCosts.ts";
import { kernelCosts } from "./kernelCosts.ts";
import { outageCosts } from "./outageCosts.ts";
import { previewCosts } from "./previewCosts.ts";
import type { Result } from "./result.ts";
import { workCosts } from "./workCosts.ts";

await main(async () => {
  const environment = await inspectMachine();
  await prepareDocker(environment);
  const cli = await preparePulumi(environment);
  process.env.BROWSER_PATH = await step("Browser", (say) => ensureBrowser(environment.debianRoot, say));
  await step("wrk, a load generator", (say) => ensureWrk(environment, say));
  const config = await usersConfig();
  const needs = { images: await siteImages(config), providers: providerPackages, imageMirror: imageMirrorOf(config) };
  return withFakes(environment, needs, async (fakes) => {
    await openLocalStack(cli, fakes.imageMirror);
    const env = { ...cliEnvironment(cli), ...fakes.env };
    await step("pulumi up", (say) =>
      operate(cli, ["up", "--yes", "--skip-preview"], { ...env, ...localStackEnvironment() }, say, say),
    );
    const results = [
      ...(await step("Previews without changes", () => previewCosts(cli, env))),
      ...(await step("The site, idle for two minutes", () => idleCosts())),
      ...(await step("The site with a kernel that holds pandas", () => kernelCosts())),
      ...(await step("nginx and Vouch under load for five minutes", () => doorCosts(fakes.imageMirror))),
      ...(await step("Changes of the site, as people notice them", (say) => outageCosts(fakes.imageMirror, say))),
      ...(await step("Thirty releases", () => diskCosts(fakes.imageMirror))),
      ...(await step("History, backup and restore", () => workCosts(fakes.imageMirror))),
      ...(await step("A VM of the fake cloud", () => cloudCosts(fakes.imageMirror))),
    ];
    process.stdout.write(`\n${table(results)}\n`);
    await mkdir(join(projectFolder, "bench"), { recursive: true });
    await writeFile(
      join(projectFolder, "bench/results.json"),
      `${JSON.stringify({ fakes: fakes.lines, results }, null, 2)}\n`,
    );
    return 0;
  });
});

async function ensureWrk({ debianRoot }: Environment, say: Say): Promise<void> {
  if (findExecutable("wrk") !== undefined) return;
  if (!debianRoot) throw new PlainError("wrk, the load generator, is not installed here. https://github.com/wg/wrk");
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
