/** `npm stop`: takes the site down. What it keeps: the notebooks, and in its state the certificates and passwords. */

import { withStandIns } from "../offline/index.ts";
import { main } from "./cli/main.ts";
import { step } from "./cli/step.ts";
import { requireDocker } from "./machine/docker.ts";
import { preparePulumi, seeSurroundings } from "./machine/prepare.ts";
import { operate, resourceTypes, stackOutputs } from "./pulumi/engine.ts";
import { cliEnvironment, localStackEnvironment, localStackExists, openLocalStack } from "./pulumi/localStack.ts";
import { siteComponent, takeDown } from "./pulumi/site.ts";

const nothingToStop = "There is no site to stop: none is up from this checkout.\n";

await main(async () => {
  if (!localStackExists()) {
    process.stdout.write(nothingToStop);
    return 0;
  }
  const surroundings = await seeSurroundings();
  const cli = await preparePulumi(surroundings);
  const env = { ...cliEnvironment(cli), ...localStackEnvironment() };
  await openLocalStack(cli, "as before");
  if (!(await resourceTypes(cli, env)).includes(siteComponent)) {
    process.stdout.write(nothingToStop);
    return 0;
  }
  const { notebooks } = await stackOutputs(cli, env);
  await step("Docker", (say) => requireDocker(surroundings.debianRoot, say));
  await withStandIns(surroundings, { images: [], providers: ["command"] }, (standIns) =>
    step(
      "Taking the site down",
      (say) => operate(cli, takeDown, { ...env, ...standIns.env }, say, say),
      () => "The site is down",
    ),
  );
  const where = notebooks ? ` in ${notebooks}` : "";
  process.stdout.write(`\nThe notebooks are kept${where}. Bring the site back with: npm start\n`);
  return 0;
});
