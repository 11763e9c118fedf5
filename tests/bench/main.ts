/**
 * `npm run bench`: measures what the site costs in time and memory, as ratios within one run. Writes bench/results.json.
 * `npm run bench -- PART ...` measures these parts only, and replaces their figures in it.
 */

import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
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
import type { PulumiCli } from "../../scripts/pulumi/pulumiCli.ts";
import { providerPackages, siteImages } from "../../scripts/pulumi/site.ts";
import { cloudCosts } from "./cloudCosts.ts";
import { diskCosts } from "./diskCosts.ts";
import { doorCosts } from "./doorCosts.ts";
import { idleCosts } from "./idleCosts.ts";
import { kernelCosts } from "./kernelCosts.ts";
import { outageCosts } from "./outageCosts.ts";
import { previewCosts } from "./previewCosts.ts";
import type { Result } from "./result.ts";
import { smallCosts } from "./smallCosts.ts";
import { workCosts } from "./workCosts.ts";

/** What a part may use. */
interface Tools {
  cli: PulumiCli;
  env: Record<string, string>;
  imageMirror: string | undefined;
  say: Say;
}

interface Part {
  /** What the user sees meanwhile. */
  title: string;
  measure(tools: Tools): Promise<Result[]>;
  /** Whether it measures the site of the stack `local`. */
  local?: true;
  /** Whether it is measured only if it is named, because it takes more than an hour. */
  slow?: true;
}

const PARTS: Record<string, Part> = {
  previews: { title: "Previews without changes", local: true, measure: ({ cli, env }) => previewCosts(cli, env) },
  idle: { title: "The site, idle for two minutes", local: true, measure: () => idleCosts() },
  kernel: { title: "The site with a kernel that holds pandas", local: true, measure: () => kernelCosts() },
  door: { title: "nginx and Vouch under load for five minutes", measure: ({ imageMirror }) => doorCosts(imageMirror) },
  changes: {
    title: "Changes of the site, as people notice them",
    measure: ({ imageMirror, say }) => outageCosts(imageMirror, say),
  },
  disk: { title: "Thirty releases", measure: ({ imageMirror }) => diskCosts(imageMirror) },
  work: { title: "History, backup and restore", measure: ({ imageMirror }) => workCosts(imageMirror) },
  cloud: { title: "A VM of the fake cloud", measure: ({ imageMirror }) => cloudCosts(imageMirror) },
  small: {
    title: "A machine with 1 GB of memory and a slow disk",
    slow: true,
    measure: ({ imageMirror, say }) => smallCosts(imageMirror, say),
  },
};

await main(async () => {
  const named = process.argv.slice(2);
  const unknown = named.find((name) => !Object.hasOwn(PARTS, name));
  if (unknown) throw new PlainError(`There is no part ${unknown}. Parts: ${Object.keys(PARTS).join(", ")}`);
  const names = named.length > 0 ? named : Object.keys(PARTS).filter((name) => !PARTS[name]?.slow);
  const has = (what: "local" | "slow") => names.some((name) => PARTS[name]?.[what]);
  const environment = await inspectMachine();
  await prepareDocker(environment);
  const cli = await preparePulumi(environment);
  process.env.BROWSER_PATH = await step("Browser", (say) => ensureBrowser(environment.debianRoot, say));
  await step("wrk, a load generator", (say) => ensureWrk(environment, say));
  const config = await usersConfig();
  const needs = {
    images: await siteImages(config),
    providers: providerPackages,
    imageMirror: imageMirrorOf(config),
    pulledElsewhere: has("slow"),
  };
  return withFakes(environment, needs, async (fakes) => {
    const env = { ...cliEnvironment(cli), ...fakes.env };
    if (has("local")) {
      await openLocalStack(cli, fakes.imageMirror);
      await step("pulumi up", (say) =>
        operate(cli, ["up", "--yes", "--skip-preview"], { ...env, ...localStackEnvironment() }, say, say),
      );
    }
    const results: Recorded[] = [];
    for (const name of names) {
      const { title, measure } = PARTS[name] as Part;
      const found = await step(title, (say) => measure({ cli, env, imageMirror: fakes.imageMirror, say }));
      results.push(...found.map((result) => ({ part: name, ...result })));
    }
    process.stdout.write(`\n${table(results)}\n`);
    await record(fakes.lines, results, named.length > 0 ? names : undefined);
    return 0;
  });
});

/** A result in the file, with the part of the bench that measured it. */
type Recorded = Result & { part: string };

/** Writes the results. @param parts the parts whose results replace earlier ones; by default, all earlier ones are replaced */
async function record(fakes: string[], results: Recorded[], parts?: string[]): Promise<void> {
  const file = join(projectFolder, "bench/results.json");
  await mkdir(dirname(file), { recursive: true });
  const earlier = JSON.parse(
    (parts && (await readFile(file, "utf8").catch(() => undefined))) ?? '{"fakes":[],"results":[]}',
  );
  const kept = (earlier.results as Recorded[]).filter(({ part }) => !parts?.includes(part));
  const all = { fakes: [...new Set([...earlier.fakes, ...fakes])], results: [...kept, ...results] };
  await writeFile(file, `${JSON.stringify(all, null, 2)}\n`);
}

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
