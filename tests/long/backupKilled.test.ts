import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { makeKeyCheap } from "../support/cheapKey.ts";
import { run, start } from "../support/command.ts";
import { makeFirstBackup } from "../support/firstBackup.ts";
import { type RunningSite, runningSite } from "../support/runningSite.ts";
import { secrets } from "../support/site.ts";
import { until } from "../support/until.ts";

const isRoot = process.getuid?.() === 0;
/** Moments of a run, in parts of the time that a whole one takes: from its first lock to its last clean-up. */
const parts = 26;
const moments = Array.from({ length: parts - 1 }, (_, index) => index + 1);

/** kill -9 of restic's container, as a failure of power ends it. */
describe("A backup or a restore that is killed", () => {
  let site: RunningSite;
  let notebooks: string;
  let written = 0;
  /** Milliseconds from the start of the first container to the end. */
  let backupTakes: number;
  let restoreTakes: number;
  /** Prints a line for each of restic's containers that starts. */
  let starts: ReturnType<typeof start>;

  const filters = (...more: string[]) =>
    [`label=com.docker.compose.project=${site.project}`, "label=com.docker.compose.oneoff=True", ...more].flatMap(
      (filter) => ["--filter", filter],
    );
  /** Starts a command of the host's program; returns when its first container starts, or when it ends without one. */
  async function begun(words: string[]) {
    const before = starts.said().length;
    let hasEnded = false;
    const ending = site.host.apply(words).finally(() => {
      hasEnded = true;
    });
    await until("restic runs", () => hasEnded || starts.said().length > before);
    return { ending, began: performance.now(), hasEnded: () => hasEnded };
  }
  /** Milliseconds that a command takes from the start of its first container. */
  async function duration(words: string[]): Promise<number> {
    const { ending, began } = await begun(words);
    const { code, output } = await ending;
    assert.equal(code, 0, output);
    return performance.now() - began;
  }
  /** Runs a command of the host's program, and kills its container some time after the first one was started. */
  async function killed(words: string[], after: number): Promise<void> {
    const { ending, hasEnded } = await begun(words);
    await sleep(after);
    let running: string[] = [];
    // A restore runs several containers, one after the other.
    await until("a container runs", async () => {
      running = (await run("docker", ["ps", "--quiet", ...filters()])).output.split(/\s+/).filter(Boolean);
      return hasEnded() || running.length > 0;
    });
    if (running.length > 0) await run("docker", ["kill", "--signal", "KILL", ...running]);
    await ending;
    // Compose was not killed, so it has removed the container or fails to.
    if (running.length > 0) await run("docker", ["rm", "--force", ...running]);
  }
  async function apply(...words: string[]): Promise<string> {
    const { code, output } = await site.host.apply(words);
    assert.equal(code, 0, output);
    return output;
  }
  /** Changes the work, and has the history keep it. */
  async function work() {
    written += 1;
    for (let file = 0; file < 20; file += 1)
      writeFileSync(`${notebooks}/${file}.ipynb`, `${file} of ${written}`.repeat(10_000));
    if (isRoot) await run("chown", ["-R", "1000:100", notebooks]);
    await apply("history");
  }
  const contents = () =>
    readdirSync(notebooks)
      .filter((name) => name.endsWith(".ipynb"))
      .map((name) => [name, readFileSync(`${notebooks}/${name}`, "utf8")]);

  /** The daily removal of old snapshots, the check and the weekly drill become due. Returns the files that record them. */
  function makeAllDue(): string[] {
    const due = ["forgotten", "checked", "restored"].map((each) => `${site.host.folder}/data/backup/${each}`);
    for (const each of due) rmSync(each, { force: true });
    return due;
  }
  function overwriteAll() {
    for (const name of readdirSync(notebooks).filter((name) => name.endsWith(".ipynb")))
      writeFileSync(`${notebooks}/${name}`, "overwritten");
  }

  beforeAll(async () => {
    site = runningSite(["jupyter", "site-history", "site-backup"]);
    notebooks = `${site.host.folder}/notebooks`;
    mkdirSync(notebooks);
    const backup = { to: `${site.host.folder}/repository` };
    const { code, output } = await site.release({ settings: { history: { every: 15 }, backup } });
    assert.equal(code, 0, output);
    await makeFirstBackup(site);
    makeKeyCheap(backup.to, secrets.backupKey);
    const format = ["--format", "{{.ID}}"];
    starts = start("docker", ["events", ...filters("event=start"), ...format], { input: null });
    await work();
    makeAllDue();
    backupTakes = await duration(["backup"]);
    restoreTakes = await duration(["restore", "--path", "notebooks"]);
  });
  afterAll(async () => {
    starts.child.kill();
    await starts.ended;
    await site.remove();
  });

  for (const moment of moments)
    it(`${moment}/${parts} of its time after its start: the next backup is whole, and everything in it can be read`, async () => {
      await work();
      const due = makeAllDue();
      await killed(["backup"], (backupTakes * moment) / parts);
      await apply("backup");
      for (const each of due) assert.ok(existsSync(each), each);
      const checked = await site.exec("site-backup", ["restic", "check", "--read-data"]);
      assert.equal(checked.code, 0, checked.output);
    });

  for (const moment of moments)
    it(`a restore, ${moment}/${parts} of its time after its start: the same command restores everything`, async () => {
      const expected = contents();
      overwriteAll();
      await killed(["restore", "--path", "notebooks"], (restoreTakes * moment) / parts);
      await apply("restore", "--path", "notebooks");
      assert.deepEqual(contents(), expected);
    });
});
