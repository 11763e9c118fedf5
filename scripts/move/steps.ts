import { PlainError } from "../cli/plainError.ts";
import { runSiteProgram } from "../machine/siteProgram.ts";
import { exchange } from "./exchange.ts";
import { hasMoved, type MovingSite } from "./site.ts";

/** The two sites of a move. */
export interface Move {
  from: MovingSite;
  to: MovingSite;
}

/**
 * Moves the work. Each step can be repeated, so an interrupted move continues: what has arrived is not sent again, and after the
 * old site has moved, only the new one is opened.
 */
export async function move({ from, to }: Move): Promise<void> {
  const both = { from, to };
  if (!hasMoved(from, to)) {
    await step(both, to, from, "await");
    // Nobody waits for the first and longest copy.
    if (from.state !== "frozen") await exchange(from, "send", to, "receive");
    await step(both, from, to, "freeze");
    await exchange(from, "send", to, "receive");
    await exchange(from, "compare", to, "receive");
    await step(both, to, from, "load");
    await step(both, from, to, "leave");
  }
  await reopen(to);
}

/** Opens the old site again. The new one closes before; undefined: it is lost. Throws PlainError if there was no move. */
export async function undo(from: MovingSite, to: MovingSite | undefined): Promise<void> {
  const isClosed = from.state === "frozen" || from.state === "moved";
  const isOfThis = to === undefined || from.other === to.site;
  const waits = to?.state === "arriving" && to.other === from.site;
  if (!(isClosed && isOfThis) && !waits) throw new PlainError(`There is no such move of ${from.stack} to undo.`);
  if (to) await step({ from, to }, to, from, "yield");
  await reopen(from);
}

/** Opens a site. A site that is open stays so. */
export async function reopen(site: MovingSite): Promise<void> {
  await run(site, "open", []);
}

/** Allows the old site to be taken down, once the new one is open. */
export async function finish(both: Move): Promise<void> {
  if (!hasMoved(both.from, both.to) && both.from.state !== "done")
    throw new PlainError(`The work of ${both.from.stack} has not moved to ${both.to.stack} yet.`, commandOf(both));
  if (both.to.state !== "")
    throw new PlainError(`The site of ${both.to.stack} is not open yet.`, `Run this first: ${commandOf(both)}`);
  await step(both, both.from, both.to, "done");
}

/** The command that moves, or continues. */
export const commandOf = ({ from, to }: { from: { stack: string }; to: { stack: string } }): string =>
  `npm run move -- --from ${from.stack} --to ${to.stack}`;

/** Runs a step on a site. Throws PlainError if it fails; it has said why. */
async function step({ from, to }: Move, on: MovingSite, other: MovingSite, name: string): Promise<void> {
  await run(on, name, ["--site", other.site, "--url", other.url, "--from", from.stack, "--to", to.stack]);
}

async function run(on: MovingSite, name: string, words: string[]): Promise<void> {
  if ((await runSiteProgram(on.program, ["move", name, ...words], on.env)) !== 0)
    throw new PlainError(`The step "${name}" failed on ${on.stack}; its last lines say why.`);
}
