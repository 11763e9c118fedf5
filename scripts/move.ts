/** `npm run move`: moves everything from the site of one stack to that of another: laptop, cloud or own machine. */

import { agrees } from "./cli/agrees.ts";
import { main } from "./cli/main.ts";
import { PlainError } from "./cli/plainError.ts";
import { siteOf } from "./machine/stackSite.ts";
import { readOptions } from "./move/options.ts";
import { show } from "./move/show.ts";
import { describe, hasMoved, type MovingSite, requireMovable } from "./move/site.ts";
import { commandOf, finish, type Move, move, undo } from "./move/steps.ts";
import { localStack } from "./pulumi/localStack.ts";

await main(async () => {
  const { from, to, action, yes } = readOptions(process.argv.slice(2));
  const old = await show(await siteOf(from));
  if (action === "undo") return undoMove(old, to);
  const both = { from: old, to: await show(await siteOf(to)) };
  if (action === "done") {
    await finish(both);
    process.stdout.write(`\n${farewell(both)}\n`);
    return 0;
  }
  requireMovable(both.from, both.to);
  process.stdout.write(
    hasMoved(both.from, both.to)
      ? `The work has moved to ${to}, whose site now opens.\n`
      : describe(both.from, both.to),
  );
  if (!yes && !(await agrees("Move this?", "Add --yes to move this."))) {
    process.stdout.write("Nothing was changed.\n");
    return 1;
  }
  await move(both);
  process.stdout.write(`
Everything is at ${both.to.url} now. ${both.from.url} shows this address, and keeps its data.
If all is well, finish the move:  ${commandOf(both)} --done
To use the old site again:        ${commandOf(both)} --undo
`);
  return 0;
});

/** Opens the old site again, also if the new one is lost. */
async function undoMove(from: MovingSite, stack: string): Promise<number> {
  const to = await siteOf(stack)
    .then(show)
    .catch((error: unknown) => {
      if (!(error instanceof PlainError)) throw error;
      process.stderr.write(`${error.message}\n\nThe site of ${stack} is not closed. If it still runs, take it down.\n`);
      return undefined;
    });
  await undo(from, to);
  process.stdout.write(`\n${from.url} is open again. What was done at the other site since the move stays there.\n`);
  return 0;
}

function farewell({ from }: Move): string {
  const down = from.stack === localStack ? "npm stop" : `npm run pulumi -- destroy -s ${from.stack}`;
  return `The move is finished. This takes the old site down: ${down}`;
}
