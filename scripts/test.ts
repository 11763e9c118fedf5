/** `npm test [-- SUITE [FILE]]`: prepares the machine as `npm start` does, runs the suites, and ends with `N passed, N failed`. */

import { withStandIns } from "../offline/index.ts";
import { installPackages, unpackPackage } from "../offline/setup/debian.ts";
import { findExecutable } from "./cli/command.ts";
import { main } from "./cli/main.ts";
import { PlainError } from "./cli/plainError.ts";
import { step } from "./cli/step.ts";
import { ensureBrowser } from "./machine/browser.ts";
import { prepareDocker, preparePulumi, seeSurroundings } from "./machine/prepare.ts";
import { cliEnvironment, imageMirrorOf, usersConfig } from "./pulumi/localStack.ts";
import { providerPackages, siteImages } from "./pulumi/site.ts";
import type { Counts } from "./setup/leafCounter.ts";
import { type Suite, suites } from "./setup/testSuites.ts";

/** What runs with other settings than this clone's. */
const imagesOfTests = [
  // Another tag to change to.
  "quay.io/jupyter/scipy-notebook:2026-08-17",
  // An app that is added to the site.
  "docker.io/traefik/whoami:v1.11.0",
  // The client of a site that gets a certificate by itself.
  "docker.io/goacme/lego:v5.3.1",
];

const total: Counts = { passed: 0, failed: 0, skipped: 0 };

await main(async () => {
  const chosen = choose(process.argv[2], process.argv[3]);
  try {
    await runSuites(chosen.filter(({ needs }) => needs === "nothing"));
    const others = chosen.filter(({ needs }) => needs !== "nothing");
    if (others.length > 0) await prepared(others, () => runSuites(others));
  } catch (error) {
    if (!(error instanceof PlainError)) throw error;
    process.stdout.write(`\n${error.message}\n`);
    total.failed++;
  }
  if (total.passed + total.failed + total.skipped === 0) {
    process.stdout.write(`\nNo test was run: no test file has "${process.argv[3]}" in its path.\n`);
    total.failed++;
  }
  if (total.skipped > 0) process.stdout.write(`\n${total.skipped} skipped\n`);
  process.stdout.write(`\n${total.passed} passed, ${total.failed} failed\n`);
  return total.failed === 0 ? 0 : 1;
});

/** @param file part of the path of the test files to run; absent: all of the suite's */
function choose(name: string | undefined, file: string | undefined): Suite[] {
  const chosen = suites(file).filter((suite) => name === undefined || suite.name === name);
  if (chosen.length > 0) return chosen;
  const names = suites().map((suite) => suite.name);
  throw new PlainError(`There is no suite "${name}". There are: ${names.join(", ")}.`);
}

async function runSuites(chosen: Suite[]): Promise<void> {
  for (const suite of chosen) {
    process.stdout.write(`\n== ${suite.name}\n\n`);
    const counts = await suite.run();
    for (const outcome of ["passed", "failed", "skipped"] as const) total[outcome] += counts[outcome];
  }
}

/** Runs `work` on a machine that has all that these suites need, and in an environment from which tests can use it. */
async function prepared(chosen: Suite[], work: () => Promise<void>): Promise<void> {
  const surroundings = await seeSurroundings();
  const { debianRoot } = surroundings;
  await prepareDocker(surroundings);
  const cli = await preparePulumi(surroundings);
  if (debianRoot && findExecutable("shellcheck") === undefined) {
    await step("shellcheck", (say) => installPackages(["shellcheck"], say));
  }
  if (debianRoot) await step("Pebble, Let's Encrypt's test server", (say) => unpackPackage("pebble", debianRoot, say));
  if (chosen.some(({ needs }) => needs === "browser")) {
    process.env.BROWSER_PATH = await step("Browser", (say) => ensureBrowser(debianRoot, say));
  }
  const config = await usersConfig();
  const needs = {
    images: [...(await siteImages(config)), ...imagesOfTests],
    providers: providerPackages,
    imageMirror: imageMirrorOf(config),
  };
  await withStandIns(surroundings, needs, async ({ env, imageMirror }) => {
    // Test files run in processes of their own, and inherit this.
    Object.assign(process.env, cliEnvironment(cli), env, { JUPYTER_UP_IMAGE_MIRROR: imageMirror ?? "" });
    await work();
  });
}
