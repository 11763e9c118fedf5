import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { Machine } from "../../support/ownCertificate.ts";
import { type SystemdHost, systemdHost } from "../../support/systemdHost.ts";

const skip = process.getuid?.() !== 0 && "only root can boot a machine";

(skip ? describe.skip : describe)("The timer of the certificate", () => {
  let machine: Machine;
  let host: SystemdHost;
  let timer: string;
  beforeAll(async () => {
    host = await systemdHost();
    machine = await Machine.start({ host });
    timer = `${machine.project}-certificate.timer`;
    const { code, output } = await machine.release(machine.site("lab.example.com"));
    assert.equal(code, 0, output);
    assert.doesNotMatch(output, /Nothing renews/);
  });
  afterAll(() => machine.stop());

  it("is enabled, and starts within a day and a half", async () => {
    assert.deepEqual(await host.run("systemctl", "is-enabled", timer), { code: 0, output: "enabled\n" });
    assert.deepEqual(await host.run("systemctl", "is-active", timer), { code: 0, output: "active\n" });
    const { output } = await host.run(
      "sh",
      "-c",
      `date -d "$(systemctl show --value --property=NextElapseUSecRealtime ${timer})" +%s`,
    );
    const hours = (Number(output) * 1000 - Date.now()) / 3_600_000;
    assert.ok(hours > 0 && hours < 36, output);
  });

  it("runs site-apply, whose messages are in the journal", async () => {
    const service = timer.replace(/timer$/, "service");
    assert.deepEqual(await host.run("systemctl", "start", service), { code: 0, output: "" });
    const { output } = await host.run("journalctl", "--unit", service, "--output", "cat", "--no-pager");
    assert.match(output, /^The certificate needs no renewal yet\.$/m);
  });

  it("is not touched by a release that does not change it", async () => {
    const since = () => host.run("systemctl", "show", "--property=ActiveEnterTimestampMonotonic", timer);
    const before = await since();
    const { code, output } = await machine.release(machine.site("lab.example.com", { allow: ["bob@example.com"] }));
    assert.equal(code, 0, output);
    assert.deepEqual(await since(), before);
  });

  it("is removed when the site is taken down, and the certificate is kept", async () => {
    const { code, output } = await machine.down();
    assert.equal(code, 0, output);
    assert.notEqual((await host.run("systemctl", "cat", timer)).code, 0);
    const left = await host.run("sh", "-c", `ls /etc/systemd/system | grep ${machine.project} || :`);
    assert.deepEqual(left, { code: 0, output: "" });
    assert.ok(existsSync(`${host.folder}/data/certificates/certificates`));
  });
});
