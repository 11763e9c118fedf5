/** `npm start`: starts the site on this machine, installing whatever is missing, and prints how to use it. */

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { OpMap } from "@pulumi/pulumi/automation/stack.js";
import { composeProject } from "../components/names.ts";
import { withFakes } from "../offline/index.ts";
import { stateFolder } from "./cli/folders.ts";
import { main } from "./cli/main.ts";
import { PlainError } from "./cli/plainError.ts";
import { step } from "./cli/step.ts";
import { type SiteOutputs, summary } from "./cli/summary.ts";
import { requireNotMoved, servicesAnswer, siteAnswers } from "./machine/frontDoor.ts";
import { inspectMachine, prepareDocker, preparePulumi } from "./machine/prepare.ts";
import { type Operation, operate, stackOutputs } from "./pulumi/engine.ts";
import {
  cliEnvironment,
  imageMirrorOf,
  localStack,
  localStackEnvironment,
  openLocalStack,
  usersConfig,
} from "./pulumi/localStack.ts";
import { projectFile } from "./pulumi/projectFile.ts";
import { providerPackages, releaseAgain, siteImages, takeDown } from "./pulumi/site.ts";

/** For the user to import into a browser: the same authority at every start. */
const certificateFile = join(stateFolder, "authority.pem");

/** What the engine did to resources, by operation. */
const done: Record<string, string> = {
  create: "created",
  update: "updated",
  replace: "replaced",
  delete: "deleted",
};

await main(async () => {
  const began = performance.now();
  const environment = await inspectMachine();
  await prepareDocker(environment);
  await requireNotMoved();
  const cli = await preparePulumi(environment);
  const config = await usersConfig();
  const needs = { images: await siteImages(config), providers: providerPackages, imageMirror: imageMirrorOf(config) };

  await withFakes(environment, needs, async (fakes) => {
    const env = { ...cliEnvironment(cli), ...localStackEnvironment(), ...fakes.env };
    await openLocalStack(cli, fakes.imageMirror);
    const up = () =>
      step(
        "pulumi up",
        (say, keep) => operate(cli, ["up", "--yes", "--skip-preview"], env, say, keep),
        describeChanges,
      );
    const { advice } = await up();
    const outputs: SiteOutputs = await stackOutputs(cli, env);
    const { url = "", certificateAuthority = "" } = outputs;
    if (!(await siteAnswers(url, certificateAuthority))) {
      // Pulumi compares settings, not containers: it does not notice containers that were removed by hand.
      await step("The site does not answer: stopping and starting it again", (say) =>
        operate(cli, takeDown, env, say, say),
      );
      await up();
      if (!(await siteAnswers(url, certificateAuthority))) throw silentSite(url);
    } else if (!(await servicesAnswer())) {
      // A release waits for the services. But if only the program on the host has changed, there was no release.
      await step("A service of the site does not answer: releasing the site again", (say, keep) =>
        operate(cli, releaseAgain, env, say, keep),
      );
    }
    await writeFile(certificateFile, certificateAuthority);
    process.stdout.write(summary(outputs, certificateFile, fakes.lines, performance.now() - began));
    for (const paragraph of advice) process.stderr.write(`\n${paragraph}\n`);
  });
  return 0;
});

function changed(changes: OpMap): [operation: string, count: number][] {
  return Object.entries(changes).filter(([operation, count]) => operation !== "same" && count > 0);
}

function describeChanges({ changes }: Operation): string {
  const counts = changed(changes).map(([operation, count]) => `${count} ${done[operation] ?? operation}`);
  return `pulumi up: ${counts.join(", ") || "nothing to change"}`;
}

function silentSite(url: string): PlainError {
  const project = composeProject(projectFile.name, localStack);
  return new PlainError(
    `The site was released, but nothing answers at ${url}.`,
    `See nginx's log: docker compose -p ${project} logs --tail 30 nginx. See what runs: docker compose -p ${project} ps.`,
  );
}
