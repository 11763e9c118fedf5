import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { run } from "../../support/command.ts";
import { type RunningSite, runningSite } from "../../support/runningSite.ts";
import { type SystemdHost, systemdHost } from "../../support/systemdHost.ts";

const skip = process.getuid?.() !== 0 && "only root can boot a machine";

(skip ? describe.skip : describe)("The timer of the backup", () => {
  let host: SystemdHost;
  let site: RunningSite;
  let repository: string;
  let timer: string;
  const systemctl = (...words: string[]) => host.run("systemctl", ...words);

  beforeAll(async () => {
    host = await systemdHost();
    site = runningSite(["jupyter", "site-backup"], host);
    timer = `${site.project}-backup.timer`;
    repository = `${host.folder}/repository`;
    mkdirSync(`${host.folder}/notebooks`);
    writeFileSync(`${host.folder}/notebooks/a.ipynb`, "{}");
    await run("chown", ["-R", "1000:100", `${host.folder}/notebooks`]);
    const settings = { history: { every: 15 }, backup: { to: repository } };
    const { code, output } = await site.release({ settings, layout: { systemd: true } });
    assert.equal(code, 0, output);
    assert.doesNotMatch(output, /Nothing makes backups/);
  });
  afterAll(() => host.remove());

  it("has units that systemd accepts", async () => {
    const units = [timer, timer.replace(/timer$/, "service")].map((unit) => `/etc/systemd/system/${unit}`);
    assert.deepEqual(await host.run("systemd-analyze", "verify", "--man=no", ...units), { code: 0, output: "" });
  });

  it("is enabled, and starts a backup within the next minutes", async () => {
    assert.deepEqual(await systemctl("is-enabled", timer), { code: 0, output: "enabled\n" });
    assert.deepEqual(await systemctl("is-active", timer), { code: 0, output: "active\n" });
    const { output } = await systemctl("show", "--property=NextElapseUSecMonotonic", timer);
    assert.doesNotMatch(output, /=(infinity)?$/m);
  });

  it("makes a backup, and leaves nothing running", async () => {
    for (const unit of ["history", "backup"])
      assert.deepEqual(await systemctl("start", `${site.project}-${unit}.service`), { code: 0, output: "" });
    const { output } = await host.run(
      "journalctl",
      "--unit",
      `${site.project}-backup.service`,
      "--output",
      "cat",
      "--no-pager",
    );
    assert.match(output, /^Backup: notebooks of .* is in the backup\.$/m);
    assert.equal(readdirSync(`${repository}/snapshots`).length > 0, true);
    assert.equal(await site.container("site-backup"), "");
  });

  it("is removed when the site is taken down, and the backup is kept", async () => {
    const { code, output } = await host.apply(["down", site.project]);
    assert.equal(code, 0, output);
    assert.notEqual((await systemctl("cat", timer)).code, 0);
    assert.ok(existsSync(`${repository}/config`));
  });
});
