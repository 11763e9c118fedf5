/** `npm run sign-out`: ends all sessions of a person at the site of a stack. */

import { parseArgs } from "node:util";
import { main } from "./cli/main.ts";
import { PlainError } from "./cli/plainError.ts";
import { runSiteProgram } from "./machine/siteProgram.ts";
import { siteOf } from "./machine/stackSite.ts";
import { localStack } from "./pulumi/localStack.ts";

const USAGE = `npm run sign-out -- [-s STACK] PERSON

  PERSON    an address, or a user name of GitHub`;

await main(async () => {
  const { stack, person } = readOptions(process.argv.slice(2));
  const { program, env } = await siteOf(stack ?? process.env.PULUMI_STACK ?? localStack);
  return runSiteProgram(program, ["sign-out", person], env);
});

function readOptions(args: string[]): { stack: string | undefined; person: string } {
  try {
    const { values, positionals } = parseArgs({
      args,
      options: { stack: { type: "string", short: "s" } },
      allowPositionals: true,
    });
    const [person, ...others] = positionals;
    if (!person || others.length > 0) throw new Error("Name one person.");
    return { stack: values.stack, person };
  } catch (error) {
    throw new PlainError((error as Error).message, USAGE);
  }
}
