/** `npm run status`: shows how the site of a stack is, and what needs its owner. */

import { attempt } from "./cli/command.ts";
import { projectFolder } from "./cli/folders.ts";
import { main } from "./cli/main.ts";
import { PlainError } from "./cli/plainError.ts";
import { type StackSite, siteOf } from "./machine/stackSite.ts";
import { localStack } from "./pulumi/localStack.ts";
import { usersPulumi } from "./pulumi/pulumiCli.ts";
import { concernsAboutRanges } from "./status/cloudflareRanges.ts";
import { readOptions } from "./status/options.ts";
import { type Report, report } from "./status/report.ts";
import { commandFor, show } from "./status/show.ts";

await main(async () => {
  const { stack = process.env.PULUMI_STACK ?? localStack, json } = readOptions(process.argv.slice(2));
  const told = await ask(await siteOf(stack));
  const found = { ...told, concerns: [...told.concerns, ...(await concernsAboutRanges(told.cloudflare_ranges))] };
  const command = commandFor(stack, stack === localStack, usersPulumi() !== undefined);
  const colored = process.stdout.isTTY && !process.env.NO_COLOR;
  process.stdout.write(json ? `${JSON.stringify(found, undefined, 2)}\n` : show(found, { command, colored }));
  return found.concerns.length > 0 ? 1 : 0;
});

/** Asks the program on the site's machine. Throws PlainError. */
async function ask({ stack, program, env }: StackSite): Promise<Report> {
  const { code, stdout, stderr } = await attempt("sh", ["-c", program.line(["status"])], { cwd: projectFolder, env });
  const up = `Run this first, so that it does: ${stack === localStack ? "npm start" : `npm run pulumi -- up -s ${stack}`}`;
  if (code !== 0) {
    const isOld = stderr.includes("expected machine, secrets, release");
    throw new PlainError(`The site of ${stack} does not tell its status:`, stderr.trim(), ...(isOld ? [up] : []));
  }
  const read = report.safeParse(JSON.parse(stdout));
  if (!read.success) throw new PlainError(`The site of ${stack} runs another version of this program.`, up);
  return read.data;
}
