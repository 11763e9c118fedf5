/** `npm run restore`: brings notebooks, files, databases and volumes back from the backup of a stack. */

import { agrees } from "./cli/agrees.ts";
import { main } from "./cli/main.ts";
import { runSiteProgram } from "./machine/siteProgram.ts";
import { type StackSite, siteOf } from "./machine/stackSite.ts";
import { localStack } from "./pulumi/localStack.ts";
import { type RestoreOptions, readOptions } from "./restore/options.ts";

await main(async () => {
  const options = readOptions(process.argv.slice(2), new Date());
  const stack = options.stack ?? process.env.PULUMI_STACK ?? localStack;
  return restore(await siteOf(stack), options);
});

/** Shows what changes, asks, and has the machine restore it. */
async function restore({ program, env }: StackSite, { words, yes }: RestoreOptions): Promise<number> {
  const listed = await runSiteProgram(program, ["restore", ...words, "--dry-run"], env);
  if (listed !== 0) return listed;
  if (!yes && !(await agrees("Restore this?", "Add --yes to restore this."))) {
    process.stdout.write("Nothing was changed.\n");
    return 1;
  }
  return runSiteProgram(program, ["restore", ...words], env);
}
