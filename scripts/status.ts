/** `npm run status`: shows how the site of a stack is, and what needs its owner. */

import { main } from "./cli/main.ts";
import { siteOf } from "./machine/stackSite.ts";
import { localStack } from "./pulumi/localStack.ts";
import { usersPulumi } from "./pulumi/pulumiCli.ts";
import { concernsAboutRanges } from "./status/cloudflareRanges.ts";
import { readOptions } from "./status/options.ts";
import { commandFor, show } from "./status/show.ts";
import { statusOf } from "./status/statusOf.ts";

await main(async () => {
  const { stack = process.env.PULUMI_STACK ?? localStack, json } = readOptions(process.argv.slice(2));
  const told = await statusOf(await siteOf(stack));
  const found = { ...told, concerns: [...told.concerns, ...(await concernsAboutRanges(told.cloudflare_ranges))] };
  const command = commandFor(stack, stack === localStack, usersPulumi() !== undefined);
  const colored = process.stdout.isTTY && !process.env.NO_COLOR;
  process.stdout.write(json ? `${JSON.stringify(found, undefined, 2)}\n` : show(found, { command, colored }));
  return found.concerns.length > 0 ? 1 : 0;
});
