import assert from "node:assert/strict";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { provisionProgram } from "../../files/host/provision.ts";
import { type SystemdHost, systemdHost } from "../support/systemdHost.ts";

const skip = process.getuid?.() !== 0 && "only root can boot a machine";
const provision = provisionProgram();

/** Some functions of the program; the whole is tested in tests/e2e/cloud.test.ts. */
(skip ? describe.skip : describe)("A provisioned machine", () => {
  let host: SystemdHost;
  beforeAll(async () => {
    host = await systemdHost();
  });
  afterAll(() => host.remove());

  /** Runs functions of the program, after these lines. */
  const runs = (...lines: string[]) =>
    host.run("sh", "-c", provision.replace(/^main "\$@"$/m, lines.join("\n")), "provision", "/srv/jupyter-up");

  it("gets a swap file of 1 GB if memory is short, and keeps an existing one", async () => {
    // The test must not change this machine's swap.
    const programs = [
      "awk() { echo 966; }",
      'fallocate() { echo "fallocate $2"; : >"$3"; }',
      "mkswap() { :; }",
      'swapon() { echo "swapon $1"; }',
    ];
    assert.deepEqual(await runs(...programs, "make_swap", "make_swap"), {
      code: 0,
      output:
        "Creating a swap file of 1 GB, because the machine has 966 MB of memory ...\nfallocate 1G\nswapon /swapfile\nswapon /swapfile\n",
    });
  });

  it("says how long each step took", async () => {
    const programs = ["date() { echo . >>/tmp/steps; echo $(($(wc -l </tmp/steps) * 30)); }", "long() { echo works; }"];
    assert.deepEqual(await runs(...programs, "step Docker long"), { code: 0, output: "works\nDocker ready (30 s)\n" });
  });

  it("waits longer for apt's lock if memory is short", async () => {
    const limit = async (mib: number) => {
      const text = provision.replaceAll("/proc/meminfo", "/tmp/meminfo").replace(/^main "\$@"$/m, "echo $lock_within");
      await host.run("sh", "-c", `echo 'MemTotal: ${mib * 1024} kB' >/tmp/meminfo`);
      return (await host.run("sh", "-c", text, "provision", "/srv/jupyter-up")).output;
    };
    assert.deepEqual([await limit(966), await limit(3900)], ["1800\n", "600\n"]);
  });

  it("waits ten minutes for apt's lock, reports it each minute, and gives up", async () => {
    const programs = [
      "lock_within=600",
      "printf '#!/bin/sh\\necho E: Could not get lock /var/lib/apt/lists/lock\\nexit 100\\n' >/usr/local/bin/apt-get",
      "chmod 755 /usr/local/bin/apt-get",
      "sleep() { :; }",
      // Half a minute passes between two polls.
      "date() { echo . >>/tmp/asked; echo $(($(wc -l </tmp/asked) * 30)); }",
    ];
    const minutes = Array.from({ length: 9 }, (_, n) => `Waiting for apt's lock (${(n + 1) * 60} s) ...\n`);
    assert.deepEqual(await runs(...programs, "apt_get update"), {
      code: 1,
      output: `${minutes.join("")}Another program has held apt's lock for 10 minutes. See which (ps aux | grep apt), and run pulumi up again.\n`,
    });
  });

  it("protects the memory of sshd and its slice, and reports it only the first time", async () => {
    const reload = 'systemctl() { echo reloads; command systemctl "$@"; }';
    assert.deepEqual(await runs(reload, "keep_reachable", "keep_reachable"), { code: 0, output: "reloads\n" });
    for (const unit of ["ssh.service", "system.slice"]) {
      const { output } = await host.run("systemctl", "show", "--value", "--property=MemoryMin", unit);
      assert.equal(output, `${32 << 20}\n`, unit);
    }
  });
});
