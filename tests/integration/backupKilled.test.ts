import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { run } from "../support/command.ts";
import { makeFirstBackup } from "../support/firstBackup.ts";
import { type RunningSite, runningSite } from "../support/runningSite.ts";
import { until } from "../support/until.ts";

const isRoot = process.getuid?.() === 0;
/** Milliseconds after the start of restic's container: from the first lock to the last clean-up. */
const moments = [100, 400, 800, 1200, 1600, 2000, 2500, 3000, 3600, 4200];

/** kill -9 of restic's container, as a failure of power ends it. */
describe("A backup or a restore that is killed", () => {
  let site: RunningSite;
  let notebooks: string;
  let written = 0;

  const filters = () => [
    ...["--filter", `label=com.docker.compose.project=${site.project}`],
    ...["--filter", "label=com.docker.compose.oneoff=True"],
  ];
  /** Runs a command of the host's program, and kills its container some time after it was started. */
  async function killed(words: string[], after: number): Promise<void> {
    const ending = site.host.apply(words);
    let hasEnded = false;
    void ending.then(() => {
      hasEnded = true;
    });
    const containers = async () =>
      (await run("docker", ["ps", "--quiet", ...filters()])).output.split(/\s+/).filter(Boolean);
    await until("restic runs", async () => hasEnded || (await containers()).length > 0);
    await sleep(after);
    const running = await containers();
    await run("docker", ["kill", "--signal", "KILL", ...running]);
    await ending;
    // Compose was not killed, so it has removed the container or fails to.
    await run("docker", ["rm", "--force", ...running]);
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

  beforeAll(async () => {
    site = runningSite(["jupyter", "site-history", "site-backup"]);
    notebooks = `${site.host.folder}/notebooks`;
    mkdirSync(notebooks);
    const backup = { to: `${site.host.folder}/repository` };
    const { code, output } = await site.release({ settings: { history: { every: 15 }, backup } });
    assert.equal(code, 0, output);
    await makeFirstBackup(site);
  });
  afterAll(() => site.remove());

  for (const moment of moments)
    it(`${moment} ms after its start: the next backup is whole, and everything in it can be read`, async () => {
      await work();
      // The daily removal of old snapshots, the check and the weekly drill are due, too.
      const due = ["forgotten", "checked", "restored"].map((each) => `${site.host.folder}/data/backup/${each}`);
      for (const each of due) rmSync(each, { force: true });
      await killed(["backup"], moment);
      await apply("backup");
      for (const each of due) assert.ok(existsSync(each), each);
      const checked = await site.exec("site-backup", ["restic", "check", "--read-data"]);
      assert.equal(checked.code, 0, checked.output);
    });

  for (const moment of moments)
    it(`a restore, ${moment} ms after its start: the same command restores everything`, async () => {
      const expected = contents();
      for (const name of readdirSync(notebooks).filter((name) => name.endsWith(".ipynb")))
        writeFileSync(`${notebooks}/${name}`, "overwritten");
      await killed(["restore", "--path", "notebooks"], moment);
      await apply("restore", "--path", "notebooks");
      assert.deepEqual(contents(), expected);
    });
});
