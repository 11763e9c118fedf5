import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "@jest/globals";
import { readOptions } from "../../../scripts/status/options.ts";
import { type Report, report } from "../../../scripts/status/report.ts";
import { commandFor, show } from "../../../scripts/status/show.ts";

const golden = JSON.parse(readFileSync(new URL("status.golden.json", import.meta.url), "utf8")) as Report;
const plain = { command: commandFor("dev", false, true), colored: false };

/** files/host/tests/test_status.py tests the host program against the same file. */
describe("The status of a site", () => {
  it("has the form of the golden file, and no other", () => {
    assert.deepEqual(report.parse(golden), golden);
    assert.equal(report.safeParse({ ...golden, version: 2 }).success, false);
    assert.equal(report.safeParse({ ...golden, more: 1 }).success, false);
    for (const key of Object.keys(golden))
      assert.equal(report.safeParse({ ...golden, [key]: undefined }).success, false, key);
    const bare = { memory: null, activity: null, certificate: null, reboots: null, changes: null };
    assert.deepEqual(report.parse({ ...golden, ...bare }), { ...golden, ...bare });
  });

  it("is shown in aligned lines, with a line for each thing that needs the owner and its command", () => {
    assert.equal(
      show(golden, plain),
      `https://jupyter.example.com
  release       0123456789ab, since 2026-11-20 09:30 UTC (8 days ago)
  services      jupyter  healthy, restarted once
                nginx    restarting, restarted 7 times
  disk          91 % used, 1800 MiB free at /srv/jupyter-up
  memory        211 MiB of 976 MiB available
  Jupyter       3 kernels, 1 terminal; 412 MiB of 486 MiB used
                ann@example.com: 2 kernels, 1 busy
                somebody: 1 kernel, idle, last used 3 days ago
  certificate   10 days left, renews itself
  history       last state 15 minutes ago
  backup        last 40 minutes ago, a restore succeeded 3 days ago; to sftp:backup@example.com:jupyter-up
  images        scipy-notebook 2026-07-01, built 2026-07-01 (150 days)
  reboots       at 04:00 Europe/Berlin, if updates need it and nobody works
                last 39 days ago, the site answered afterwards
                needed for linux-image-amd64. Somebody works: 1 kernel busy.
  Cloudflare    2 address ranges admitted
  by hand       1 changed

! nginx does not run (restarting, 7 restarts).
! The file /opt/jupyter-up/files/nginx/a/nginx.conf was changed.
    pulumi up -s dev --replace '**site-release'
! The disk at /srv/jupyter-up is 91 % full (1800 MiB free, 3 % of its files used).
    on the machine: sudo docker image prune --all; or delete files: https://jupyter.example.com/disk
! The certificate expires in 10 days.
    on the machine: sudo sh /opt/jupyter-up/bin/site-apply renew
! quay.io/jupyter/scipy-notebook:2026-07-01 has known holes: CVE-2026-73417: fixed in JupyterLab 4.6.2.
    pulumi config set -s dev imageTag 2026-08-08 && pulumi up -s dev
! A reboot is needed to use updates of linux-image-amd64. It has waited for 15 days. Somebody works: 1 kernel busy.
    on the machine: sudo reboot, when nobody works: kernels end
`,
    );
  });

  it("is short if all is well, and also if little is known", () => {
    const unknown = { memory: null, activity: null, certificate: null, reboots: null, changes: null };
    const bare = { ...unknown, concerns: [], parts: [], disks: [] };
    const work = { history: "", backup: "", restored: "", destination: "" };
    assert.equal(
      show({ ...golden, ...bare, work, cloudflare_ranges: [], services: [] }, plain),
      `https://jupyter.example.com
  release       0123456789ab, since 2026-11-20 09:30 UTC (8 days ago)
  by hand       not compared, because a release is running

  All is well.
`,
    );
  });

  it("tells of reboots that were not needed, not checked yet, or ended badly", () => {
    const { reboots } = golden;
    assert.ok(reboots);
    const shown = (changes: Partial<typeof reboots>) =>
      /^ {2}reboots.*\n( {16}.*\n)*/m.exec(
        show({ ...golden, reboot: [], reboots: { ...reboots, ...changes } }, plain),
      )?.[0];
    const first = "  reboots       at 04:00 Europe/Berlin, if updates need it and nobody works\n";
    assert.equal(shown({ last: "", checked: "" }), first);
    assert.equal(shown({ checked: "" }), `${first}                last 39 days ago, not checked yet\n`);
    const bad = "last 39 days ago, the check afterwards found a problem";
    assert.equal(shown({ problem: "nginx does not work." }), `${first}                ${bad}\n`);
  });

  it("is red on a terminal where something needs the owner", () => {
    const lines = show(golden, { ...plain, colored: true }).split("\n");
    assert.equal(lines.filter((line) => line.startsWith("\u001b[31m! ")).length, 6);
  });

  it("names the stack in each command, and npm where there is no pulumi", () => {
    const text = "git pull && npm ci && pulumi up";
    assert.equal(commandFor("dev", false, true)(text), "git pull && npm ci && pulumi up -s dev");
    assert.equal(commandFor("dev", false, false)(text), "git pull && npm ci && npm run pulumi -- up -s dev");
    assert.equal(commandFor("local", true, true)(text), "git pull && npm ci && npm run pulumi -- up");
  });

  it("is asked for with options", () => {
    assert.deepEqual(readOptions(["-s", "dev", "--json"]), { stack: "dev", json: true });
    assert.deepEqual(readOptions([]), { stack: undefined, json: false });
    assert.throws(() => readOptions(["--jsn"]), /Unknown option.*npm run status/s);
  });
});
