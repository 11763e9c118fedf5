import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { quoted } from "../../files/release/shellWords.ts";
import { hasMoved } from "../../scripts/move/site.ts";
import { move } from "../../scripts/move/steps.ts";
import { run } from "../support/command.ts";
import { MoveTestSite } from "../support/moveTestSite.ts";
import { until } from "../support/until.ts";

const isRoot = process.getuid?.() === 0;
const program = new URL("../support/move.program.ts", import.meta.url).pathname;

/** What is killed: the program of a site, its container that copies, or `npm run move` itself. */
type Victim = "old program" | "new program" | "old container" | "new container" | "command";
/** Seconds after the step began; "end": the step is done, but the command does not learn it. */
type Moment = number | "end";
/** What a visitor of the old site may see: the site itself, or a page. */
type Seen = "open" | "This site is moving" | "This site has moved";

/** The points at which a move is killed. Each row continues what the row before has left. */
const points: [step: string, victim: Victim, moment: Moment, seen: Seen[]][] = [
  ["await", "new program", 0.1, ["open"]],
  ["await", "new program", 0.5, ["open"]],
  ["await", "new program", 2, ["open"]],
  ["await", "new program", "end", ["open"]],
  ["send", "old program", 0.2, ["open"]],
  ["receive", "new program", 0.2, ["open"]],
  ["send", "old container", 0, ["open"]],
  ["receive", "new container", 0, ["open"]],
  ["send", "command", 0, ["open"]],
  ["receive", "new program", "end", ["open"]],
  ["freeze", "old program", 0.1, ["open", "This site is moving"]],
  ["freeze", "old program", 0.6, ["open", "This site is moving"]],
  ["freeze", "old program", 2, ["open", "This site is moving"]],
  ["freeze", "old program", "end", ["This site is moving"]],
  ["send", "old program", 0.2, ["This site is moving"]],
  ["receive", "new program", 0.5, ["This site is moving"]],
  ["send", "old container", 0, ["This site is moving"]],
  ["receive", "new container", 0, ["This site is moving"]],
  ["send", "command", 0, ["This site is moving"]],
  ["send", "old program", "end", ["This site is moving"]],
  ["compare", "old program", 0.3, ["This site is moving"]],
  ["compare", "old container", 0, ["This site is moving"]],
  ["load", "new program", 0.2, ["This site is moving"]],
  ["load", "new program", 1, ["This site is moving"]],
  ["load", "new program", "end", ["This site is moving"]],
  ["leave", "old program", 0.05, ["This site is moving", "This site has moved"]],
  ["leave", "old program", 0.15, ["This site is moving", "This site has moved"]],
  ["leave", "old program", "end", ["This site has moved"]],
  ["open", "new program", 0.2, ["This site has moved"]],
  ["open", "new program", 1.5, ["This site has moved"]],
  ["open", "new program", "end", ["This site has moved"]],
];

(isRoot ? describe : describe.skip)("A move that is killed", () => {
  const old = new MoveTestSite("laptop");
  const next = new MoveTestSite("cloud");
  let before: { files: string; databases: string };

  /** The containers that copy files of a site. */
  const copying = (site: MoveTestSite) =>
    `docker ps --quiet --filter volume=${quoted(`${site.folder}/data/moving/files`)}`;

  /** A shell command line for a step that is killed, and that always fails. */
  function killed(line: string, victim: Victim, moment: Moment, site: MoveTestSite): string {
    if (moment === "end") return `${line}; exit 137`;
    if (victim.endsWith("container"))
      return `(until id=$(${copying(site)}) && [ -n "$id" ]; do sleep 0.05; done; sleep ${moment}; docker kill $id >/dev/null 2>&1) & ${line}; exit 137`;
    return `exec 3<&0; ${line} <&3 3<&- & exec 3<&-; sleep ${moment}; kill -9 $! 2>/dev/null; wait $!; exit 137`;
  }

  async function interrupt(step: string, victim: Victim, moment: Moment): Promise<void> {
    if (victim === "command") return killCommand();
    const site = victim.startsWith("old") ? old : next;
    const sites = { from: await old.shown(), to: await next.shown() };
    // The row before has killed this step after its last change. The next step would open the new site.
    if (step === "leave" && hasMoved(sites.from, sites.to)) return;
    site.wrap = (line, name) => (name === step ? killed(line, victim, moment, site) : line);
    await assert.rejects(move(sites));
    site.wrap = (line) => line;
  }

  /** Kills the command as soon as files are copied. */
  async function killCommand(): Promise<void> {
    const sites = [old, next].map(({ stack, script }) => ({ stack, script }));
    const child = spawn(process.execPath, [program, JSON.stringify(sites)], { stdio: "ignore" });
    const ended = once(child, "close");
    await until("both copy", async () =>
      (await Promise.all([old, next].map((site) => run("sh", ["-c", copying(site)])))).every(
        ({ output }) => output !== "",
      ),
    );
    child.kill("SIGKILL");
    await ended;
  }

  beforeAll(async () => {
    for (const site of [old, next]) {
      mkdirSync(`${site.folder}/notebooks`);
      const { code, output } = await site.release();
      assert.equal(code, 0, output);
    }
    await old.fill(60_000_000);
    before = { files: await old.files(), databases: await old.databases() };
  });
  afterAll(async () => {
    for (const site of [old, next]) await site.remove();
  });

  for (const [number, [step, victim, moment, seen]] of points.entries())
    it(`at point ${number + 1} (${step}, ${victim}, ${moment === "end" ? "when it ends" : `after ${moment} s`}) shows one site or a page`, async () => {
      // While people can still work.
      if (seen[0] === "open") writeFileSync(`${old.folder}/notebooks/new ${number}`, "new");
      await interrupt(step, victim, moment);
      const pages = await Promise.all([old.page(), next.page()]);
      assert.ok(seen.includes(pages[0] as Seen), pages.join("; "));
      if (step !== "await" && step !== "open") assert.equal(pages[1], "This site is not open yet");
    }, 120_000);

  it("is completed by the same command: every file and every row is there, and one site answers", async () => {
    await move({ from: await old.shown(), to: await next.shown() });
    await until("the new site answers", async () => (await next.answer()).status === 200);
    assert.equal(await old.page(), "This site has moved");
    const lines = (text: string) => text.split("\n").filter((line) => !line.includes("data/home"));
    const [here, there] = [lines(await old.files()), lines(await next.files())];
    assert.deepEqual(there, here);
    assert.deepEqual(
      lines(before.files).filter((line) => !here.includes(line)),
      [],
    );
    assert.equal(await next.databases(), before.databases);
  });

  it("leaves no container that copies", async () => {
    for (const site of [old, next])
      await until("no container", async () => (await run("sh", ["-c", copying(site)])).output === "");
  });
});
