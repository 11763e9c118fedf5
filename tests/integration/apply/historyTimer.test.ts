import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { run } from "../../support/command.ts";
import { type RunningSite, runningSite } from "../../support/runningSite.ts";
import { type SystemdHost, systemdHost } from "../../support/systemdHost.ts";

const skip = process.getuid?.() !== 0 && "only root can boot a machine";

(skip ? describe.skip : describe)("The timer of the history", () => {
  let host: SystemdHost;
  let site: RunningSite;
  let timer: string;
  const trees = () => readdirSync(`${host.folder}/data/history/jupyter/notebooks`).sort();

  beforeAll(async () => {
    host = await systemdHost();
    site = runningSite(["jupyter"], host);
    timer = `${site.project}-history.timer`;
    mkdirSync(`${host.folder}/notebooks`);
    writeFileSync(`${host.folder}/notebooks/a.ipynb`, "{}");
    await run("chown", ["-R", "1000:100", `${host.folder}/notebooks`]);
    const { code, output } = await site.release({ settings: { history: { every: 15 } }, layout: { systemd: true } });
    assert.equal(code, 0, output);
    assert.doesNotMatch(output, /Nothing keeps/);
  });
  afterAll(() => host.remove());

  it("is enabled, and starts within the next minutes", async () => {
    assert.deepEqual(await host.run("systemctl", "is-enabled", timer), { code: 0, output: "enabled\n" });
    assert.deepEqual(await host.run("systemctl", "is-active", timer), { code: 0, output: "active\n" });
  });

  it("records the state of the work, and reports it in the journal", async () => {
    const service = timer.replace(/timer$/, "service");
    assert.deepEqual(await host.run("systemctl", "start", service), { code: 0, output: "" });
    const { output } = await host.run("journalctl", "--unit", service, "--output", "cat", "--no-pager");
    assert.match(output, /^History: saved the state of .*jupyter\/notebooks.*\.$/m);
    const [tree] = trees();
    const file = statSync(`${host.folder}/data/history/jupyter/notebooks/${tree}/a.ipynb`);
    assert.equal(file.uid, statSync(`${host.folder}/notebooks/a.ipynb`).uid);
    const shown = await site.exec("jupyter", ["ls", "/home/jovyan/work/History/notebooks"]);
    assert.equal(shown.output.trim(), tree);
  });

  it("is removed when the site is taken down, and the history is kept", async () => {
    const { code, output } = await host.apply(["down", site.project]);
    assert.equal(code, 0, output);
    assert.notEqual((await host.run("systemctl", "cat", timer)).code, 0);
    assert.ok(existsSync(`${host.folder}/data/history/jupyter/notebooks/${trees()[0]}/a.ipynb`));
  });
});
