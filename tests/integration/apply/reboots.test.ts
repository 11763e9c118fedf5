import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { type Concern, type Report, report } from "../../../scripts/status/report.ts";
import { run } from "../../support/command.ts";
import { type RunningSite, runningSite } from "../../support/runningSite.ts";
import { type SystemdHost, systemdHost } from "../../support/systemdHost.ts";
import { until } from "../../support/until.ts";

const skip = process.getuid?.() !== 0 && "only root can boot a machine";
const OPEN_TERMINAL = readFileSync(new URL("../../support/openTerminal.py", import.meta.url), "utf8");

/** A machine that really reboots is in tests/e2e/cloud.test.ts. */
(skip ? describe.skip : describe)("The timer of reboots", () => {
  let host: SystemdHost;
  let site: RunningSite;
  const release = (settings: Record<string, unknown> = {}) =>
    site.release({
      settings: { target: "gcp", timezone: "Asia/Kathmandu", history: { every: 15 }, ...settings },
      layout: { systemd: true },
    });
  const unit = (name: string) => `${site.project}-${name}`;

  /** Runs the command of the timer; returns what it says. */
  async function atTheQuietHour(): Promise<string> {
    const since = (await host.run("date", "+%s.%N")).output.trim();
    assert.deepEqual(await host.run("systemctl", "start", unit("reboot.service")), { code: 0, output: "" });
    const words = ["--unit", unit("reboot.service"), "--output", "cat", "--no-pager", "--since", `@${since}`];
    return (await host.run("journalctl", ...words)).output;
  }

  const status = async (): Promise<Report> => report.parse(JSON.parse((await host.apply("status")).output));
  const isOfReboot = ({ about }: Concern) => about === "reboot";

  async function activity(): Promise<{ terminals: number; busy_terminals: number }> {
    const { output } = await site.exec("jupyter", ["python3", "/usr/local/etc/jupyter-up/activity.py"]);
    return JSON.parse(output);
  }

  async function openTerminal(line: string): Promise<void> {
    const { code, output } = await site.exec("jupyter", ["python3", "-c", OPEN_TERMINAL], line);
    assert.equal(code, 0, output);
  }

  beforeAll(async () => {
    host = await systemdHost();
    site = runningSite(["jupyter"], host);
    mkdirSync(`${host.folder}/notebooks`);
    await run("chown", ["-R", "1000:100", `${host.folder}/notebooks`]);
    const { code, output } = await release();
    assert.equal(code, 0, output);
    assert.doesNotMatch(output, /Nothing (reboots|checks)/);
  });
  afterAll(async () => {
    await host?.apply(["down", site.project]);
    await host?.remove();
  });

  it("is enabled, and is due at the hour in the site's time zone", async () => {
    for (const name of ["reboot.timer", "rebooted.timer"]) {
      assert.deepEqual(await host.run("systemctl", "is-enabled", unit(name)), { code: 0, output: "enabled\n" });
      assert.deepEqual(await host.run("systemctl", "is-active", unit(name)), { code: 0, output: "active\n" });
    }
    const next = `$(systemctl show --value --property=NextElapseUSecRealtime ${unit("reboot.timer")})`;
    // 04:00 in Kathmandu.
    assert.equal((await host.run("sh", "-c", `TZ=UTC date -d "${next}" +%H:%M`)).output, "22:15\n");
  });

  it("does nothing while no update needs a reboot", async () => {
    assert.match(await atTheQuietHour(), /^No update needs a reboot\.$/m);
  });

  it("sees a terminal in which a program runs, also in the background, and none that is only open", async () => {
    await openTerminal("true");
    await until("an idle terminal", async () => (await activity()).busy_terminals === 0);
    assert.equal((await activity()).terminals, 1);
    await openTerminal("sleep 1000 & true");
    assert.deepEqual([(await activity()).terminals, (await activity()).busy_terminals], [2, 1]);
  });

  it("waits while somebody works, and the status says so", async () => {
    await host.run("sh", "-c", "touch /run/reboot-required && echo linux-image-cloud-amd64 >/run/reboot-required.pkgs");
    const waits = "Somebody works: 1 terminal busy.";
    assert.match(
      await atTheQuietHour(),
      /^A reboot is needed to use updates of linux-image-cloud-amd64, and waits for the next night\. Somebody works: 1 terminal busy\.$/m,
    );
    const { reboot, reboots, concerns } = await status();
    assert.deepEqual([reboot, reboots?.waits], [["linux-image-cloud-amd64"], waits]);
    assert.equal(reboots?.at, "04:00 Asia/Kathmandu");
    assert.match(reboots?.needed ?? "", /^20\d\d-/);
    assert.deepEqual(concerns.filter(isOfReboot), []);
  });

  it("is removed when reboots are switched off, and the status asks the owner to reboot", async () => {
    const { code, output } = await release({ reboots: "off" });
    assert.equal(code, 0, output);
    assert.notEqual((await host.run("systemctl", "cat", unit("reboot.timer"))).code, 0);
    const refused = await host.apply("reboot");
    assert.equal(refused.code, 1);
    assert.match(refused.output, /does not reboot by itself\. Set an hour: pulumi config set reboots 04:00/);
    assert.deepEqual((await status()).concerns.filter(isOfReboot), [
      {
        about: "reboot",
        what: "A reboot is needed to use updates of linux-image-cloud-amd64.",
        fix: "on the machine: sudo reboot, when nobody works: kernels end",
      },
    ]);
  });
});
