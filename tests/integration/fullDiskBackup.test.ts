import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { run } from "../support/command.ts";
import { makeFirstBackup } from "../support/firstBackup.ts";
import { type RunningSite, runningSite } from "../support/runningSite.ts";
import { type SmallDisk, smallDisk } from "../support/smallDisk.ts";

const skip = process.getuid?.() !== 0 && "only root can mount a disk";

(skip ? describe.skip : describe)("History and backup on a disk without one free block", () => {
  let site: RunningSite;
  let disk: SmallDisk;
  let data: string;
  let notebooks: string;

  const apply = (command: string) => site.host.apply(command);
  async function saveState(name: string): Promise<void> {
    writeFileSync(`${notebooks}/${name}`, name);
    const { code, output } = await apply("history");
    assert.equal(code, 0, output);
    assert.match(output, /History: saved the state of .*jupyter\/notebooks/);
  }
  const trees = () => readdirSync(`${data}/history/jupyter/notebooks`).sort();
  const restic = (...words: string[]) =>
    site.exec("site-backup", ["sh", "/usr/local/lib/jupyter-up/restic.sh", ...words]);
  const inBackup = async () => (await restic("ls", "latest", "--tag", "notebooks")).output;

  beforeAll(async () => {
    site = runningSite(["jupyter", "site-history", "site-backup"]);
    disk = await smallDisk(`${site.host.folder}/disk`, 400);
    notebooks = `${disk.folder}/notebooks`;
    data = `${site.host.folder}/data`;
    mkdirSync(`${disk.folder}/data`);
    mkdirSync(notebooks);
    // The path that other helpers of the tests know.
    await run("ln", ["-s", `${disk.folder}/data`, data]);
    const { code, output } = await site.release({
      settings: { history: { every: 15 }, backup: { to: `${disk.folder}/backup` } },
      layout: { data: `${disk.folder}/data`, notebooks },
    });
    assert.equal(code, 0, output);
    await makeFirstBackup(site);
    await saveState("before.ipynb");
    assert.equal((await apply("backup")).code, 0);
  });
  afterAll(async () => {
    await apply("down");
    await disk.remove();
    await site.remove();
  });

  it("a run of the history makes no incomplete tree, and keeps the others", async () => {
    const before = trees();
    writeFileSync(`${notebooks}/new.ipynb`, "new");
    await disk.fill();
    const { output } = await apply("history");
    assert.match(output, /^History: there is no space for another state of jupyter\/notebooks\.$/m);
    assert.deepEqual(trees(), before);
    disk.free();
    await saveState("next.ipynb");
  });

  it("a backup says that the disk is full, does not count as a good one, and damages nothing", async () => {
    const good = readFileSync(`${data}/backup/repository`, "utf8");
    rmSync(`${data}/backup/good`);
    await disk.fill();
    const { code, output } = await apply("backup");
    assert.equal(code, 1, output);
    assert.match(output, /^Backup: .*no space left on device/m);
    assert.equal(existsSync(`${data}/backup/good`), false);
    assert.equal(readFileSync(`${data}/backup/repository`, "utf8"), good);
    disk.free();
    assert.match(await inBackup(), /before\.ipynb/);
    assert.doesNotMatch(await inBackup(), /next\.ipynb/);
  });

  it("the next backup after a file was deleted is whole", async () => {
    const { code, output } = await apply("backup");
    assert.equal(code, 0, output);
    assert.ok(existsSync(`${data}/backup/good`));
    assert.match(await inBackup(), /next\.ipynb/);
    assert.equal((await restic("check", "--read-data")).code, 0);
  });
});
