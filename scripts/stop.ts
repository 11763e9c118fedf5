/** `npm stop`: stops the site. Notebooks stay, and so do certificates and passwords, which are in its state. */

import { withFakes } from "../offline/index.ts";
import { main } from "./cli/main.ts";
import { step } from "./cli/step.ts";
import { requireDocker } from "./machine/docker.ts";
import { requireNotMoved } from "./machine/frontDoor.ts";
import { inspectMachine, preparePulumi } from "./machine/prepare.ts";
import { operate, resourceTypes, stackOutputs } from "./pulumi/engine.ts";
import { cliEnvironment, localStackEnvironment, localStackExists, openLocalStack } from "./pulumi/localStack.ts";
import { siteComponent, takeDown } from "./pulumi/site.ts";

const nothingToStop = "There is no site to stop: this checkout has none running.\n";

await main(async () => {
  if (!localStackExists()) {
    process.stdout.write(nothingToStop);
    return 0;
  }
  const environment = await inspectMachine();
  const cli = await preparePulumi(environment);
  const env = { ...cliEnvironment(cli), ...localStackEnvironment() };
  await openLocalStack(cli, "as before");
  if (!(await resourceTypes(cli, env)).includes(siteComponent)) {
    process.stdout.write(nothingToStop);
    return 0;
  }
  const { notebooks } = await stackOutputs(cli, env);
  await step("Docker", (say) => requireDocker(environment.debianRoot, say));
  // The engine removes the release from the state before the site refuses.
  await requireNotMoved();
  await withFakes(environment, { images: [], providers: ["command"] }, (fakes) =>
    step(
      "Stopping the site",
      (say) => operate(cli, takeDown, { ...env, ...fakes.env }, say, say),
      () => "The site is stopped",
    ),
  );
  const where = notebooks ? ` in ${notebooks}` : "";
  process.stdout.write(`\nThe notebooks are kept${where}. Start the site again: npm start\n`);
  return 0;
});
