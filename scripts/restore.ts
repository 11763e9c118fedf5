/** `npm run restore`: brings notebooks, files, databases and volumes back from the backup of a stack. */

import { agrees } from "./cli/agrees.ts";
import { main } from "./cli/main.ts";
import { PlainError } from "./cli/plainError.ts";
import { inspectMachine, preparePulumi } from "./machine/prepare.ts";
import { isInstalled, runSiteProgram, type SiteProgram, siteProgram } from "./machine/siteProgram.ts";
import { stackOutputs } from "./pulumi/engine.ts";
import { cliEnvironment, localStack, usersConfig } from "./pulumi/localStack.ts";
import { withOtherStack } from "./pulumi/otherStack.ts";
import { findPulumiCli } from "./pulumi/pulumiCli.ts";
import { targetOf } from "./pulumi/site.ts";
import { type RestoreOptions, readOptions } from "./restore/options.ts";

await main(async () => {
  const options = readOptions(process.argv.slice(2), new Date());
  const stack = options.stack ?? process.env.PULUMI_STACK ?? localStack;
  if (targetOf(await usersConfig(stack)) === "local") {
    if (!isInstalled(stack)) throw noSite(stack, "npm start");
    return restore(siteProgram(stack, undefined), options, {});
  }
  const cli = (await findPulumiCli()) ?? (await preparePulumi(await inspectMachine()));
  return withOtherStack(stack, undefined, async (own) => {
    const env = { ...cliEnvironment(cli), ...own, PULUMI_STACK: stack };
    const { ssh } = await stackOutputs(cli, env);
    if (typeof ssh !== "string") throw noSite(stack, `npm run pulumi -- up -s ${stack}`);
    return restore(siteProgram(stack, ssh), options, env);
  });
});

function noSite(stack: string, command: string): PlainError {
  return new PlainError(`The stack ${stack} has no site yet.`, `Run this first: ${command}`);
}

/** Shows what changes, asks, and has the machine restore it. */
async function restore(program: SiteProgram, { words, yes }: RestoreOptions, env: NodeJS.ProcessEnv): Promise<number> {
  const listed = await runSiteProgram(program, ["restore", ...words, "--dry-run"], env);
  if (listed !== 0) return listed;
  if (!yes && !(await agrees("Restore this?", "Add --yes to restore this."))) {
    process.stdout.write("Nothing was changed.\n");
    return 1;
  }
  return runSiteProgram(program, ["restore", ...words], env);
}
