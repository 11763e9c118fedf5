/** `npm stop`: takes the site down. What it keeps: the notebooks, and in its state the certificates and passwords. */

import { requireDocker } from "./setup/docker.ts";
import { operate, resourceTypes, stackOutputs } from "./setup/engine.ts";
import { cliEnvironment, localStackEnvironment, localStackExists, openLocalStack } from "./setup/localStack.ts";
import { main } from "./setup/main.ts";
import { preparePulumi, seeSurroundings } from "./setup/prepare.ts";
import { siteComponent, takeDown } from "./setup/site.ts";
import { withStandIns } from "./setup/standIns.ts";
import { step } from "./setup/step.ts";

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
