/** `npm run rollback`: runs an earlier release of a stack's site again, or lists the releases. */

import { ROLLBACK } from "../components/release/rollback.ts";
import { agrees } from "./cli/agrees.ts";
import { main } from "./cli/main.ts";
import { runSiteProgram } from "./machine/siteProgram.ts";
import { siteOf } from "./machine/stackSite.ts";
import { runPulumi } from "./pulumi/command.ts";
import { localStack } from "./pulumi/localStack.ts";
import { rollbackArguments } from "./pulumi/site.ts";
import { readOptions } from "./rollback/options.ts";
import { beforeRunning, describe, releasesOf } from "./rollback/releases.ts";

await main(async () => {
  const options = readOptions(process.argv.slice(2));
  const stack = options.stack ?? process.env.PULUMI_STACK ?? localStack;
  const site = await siteOf(stack);
  const found = await releasesOf(site);
  if (options.list) {
    process.stdout.write(`${describe(found)}\n`);
    return 0;
  }
  const release = options.to ?? beforeRunning(found);
  // The machine checks whether it can, and says what changes.
  const checked = await runSiteProgram(site.program, ["rollback", "--to", release, "--dry-run"], site.env);
  if (checked !== 0) return checked;
  if (!options.yes && !(await agrees("Roll back?", "Add --yes to roll back."))) {
    process.stdout.write("Nothing was changed.\n");
    return 1;
  }
  return runPulumi(rollbackArguments(stack), { [ROLLBACK]: release });
});
