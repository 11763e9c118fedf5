import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { afterAll, afterEach, beforeAll, describe, it } from "@jest/globals";
import { freePort } from "../../../offline/support/freePort.ts";
import { run } from "../../support/command.ts";
import { type RunningSite, runningSite } from "../../support/runningSite.ts";
import { statusFor } from "../../support/statusFor.ts";
import { until } from "../../support/until.ts";

const everybody = ["ann@example.com", "eve@example.com"];
const withoutEve = ["ann@example.com"];

/** A site of some services with a limit on everything that would take minutes. */
async function buildSite(services: string[]) {
  const site = runningSite(services);
  const layout = { httpsPort: await freePort(), httpPort: await freePort() };
  const database = services.includes("mariadb");
  return {
    site,
    release: (allow: string[], settings = {}) =>
      site.release({ settings: { domain: "lab.example.com", allow, database, ...settings }, layout }),
    statusOf: (email: string, label = "") => statusFor(layout.httpsPort, email, label, label ? "/api/status" : "/"),
  };
}

describe("Somebody taken off the allow list is out, whatever they have done to Jupyter:", () => {
  let site: RunningSite;
  let release: Awaited<ReturnType<typeof buildSite>>["release"];
  let statusOf: Awaited<ReturnType<typeof buildSite>>["statusOf"];

  /** What eve runs in a notebook. */
  const asEve = async (script: string) => {
    const { code, output } = await site.exec("jupyter", ["sh", "-c", script]);
    assert.equal(code, 0, output);
  };
  const program = (name: string, text: string) =>
    asEve(
      `rm -f /opt/conda/bin/${name} && printf '#!/bin/sh\\n${text}\\n' >/opt/conda/bin/${name} && chmod 755 /opt/conda/bin/${name}`,
    );

  beforeAll(async () => {
    ({ site, release, statusOf } = await buildSite(["nginx", "vouch", "jupyter"]));
    const { code, output } = await release(everybody);
    assert.equal(code, 0, output);
    site.host.limit({ unchanged_within: 5, prepare_within: 5, dismiss_within: 5, answer_within: 5 });
  });
  // A new container, with everybody in it again.
  afterEach(async () => {
    await run("docker", ["rm", "--force", await site.container("jupyter")]);
    const { code, output } = await release(everybody);
    assert.equal(code, 0, output);
    assert.equal(await statusOf("eve@example.com", "jupyter"), 200);
  });
  afterAll(() => site.remove());

  it("python3 was replaced by a program that fails without a word", async () => {
    await program("python3", "exit 1");
    const { code, output } = await release(withoutEve);
    assert.equal(await statusOf("eve@example.com", "jupyter"), 403);
    assert.equal(code, 0, output);
    assert.match(output, /^jupyter: 'python3 \S+packages\.py' failed with exit code 1, without output\.$/m);
    assert.equal(await statusOf("ann@example.com", "jupyter"), 200);
  });

  it("python3 was replaced by a program that never ends", async () => {
    await program("python3", "exec sleep 100000");
    const { code, output } = await release(withoutEve);
    assert.equal(await statusOf("eve@example.com", "jupyter"), 403);
    assert.equal(code, 0, output);
    assert.match(output, /^jupyter: 'python3 \S+packages\.py' did not end within 5 seconds\.$/m);
    assert.equal(await statusOf("ann@example.com", "jupyter"), 200);
  });

  it("python3 was replaced by a program that never stops talking, in the words of the release", async () => {
    await program("python3", 'exec yes "Release 0123456789ab is running."');
    const { code, output } = await release(withoutEve);
    assert.equal(await statusOf("eve@example.com", "jupyter"), 403);
    assert.equal(code, 0, output);
    assert.ok(output.split("\n").length < 300);
    assert.match(output, /^jupyter says: Release 0123456789ab is running\.$/m);
    assert.equal(output.match(/^Release \w+ is running\.$/gm)?.length, 1);
  });

  it("the health check's program was replaced by one that never ends", async () => {
    await program("wget", "exec sleep 100000");
    const { code, output } = await release(withoutEve);
    assert.equal(await statusOf("eve@example.com", "jupyter"), 403);
    assert.equal(code, 0, output);
    assert.match(output, /^jupyter is recreated, because it does not work and this release did not change it\.$/m);
    assert.equal(await statusOf("ann@example.com", "jupyter"), 200);
  });

  it("no process can be started there any more", async () => {
    // It also takes each place that becomes free.
    const many = `
import os, signal, time
while True:
    try:
        if os.fork() == 0:
            signal.pause()
    except OSError:
        time.sleep(0.01)`;
    await run("docker", ["exec", "--detach", await site.container("jupyter"), "python3", "-c", many]);
    // The limit is one of forks: what Docker itself starts there may still run.
    const fork = ["sh", "-c", "true | true"];
    await until("no process can be started", async () => (await site.exec("jupyter", fork)).code !== 0, 120);
    const { code, output } = await release(withoutEve);
    assert.equal(await statusOf("eve@example.com", "jupyter"), 403);
    // Where the health check found no place in time, it is recreated.
    assert.equal(code, 0, output);
    assert.equal(await statusOf("ann@example.com", "jupyter"), 200);
  });

  it("another image of it does not start: the release goes back, and the list does not", async () => {
    await asEve(
      "mkdir -p ~/.jupyter && echo 'import os; os.kill(os.getpid(), 9)' >~/.jupyter/jupyter_server_config.py",
    );
    site.host.limit({ ready_within: 10 });
    const { code, output } = await release(withoutEve, { imageTag: "2026-08-17" });
    site.host.limit({ ready_within: 900 });
    assert.equal(code, 1, output);
    assert.equal(await statusOf("eve@example.com", "jupyter"), 403);
    assert.match(
      output,
      /^The previous release \(\w+\) was put back, but not all of it works \(see above\)\. These services run: .*nginx.*vouch.*\. Fix /m,
    );
    assert.doesNotMatch(output, /site is down/);
    writeFileSync(`${site.host.folder}/data/home/.jupyter/jupyter_server_config.py`, "");
  });
});

describe("Somebody taken off the allow list is out, whatever they have done to MariaDB:", () => {
  it("it does not start any more", async () => {
    const { site, release, statusOf } = await buildSite(["nginx", "vouch", "mariadb"]);
    try {
      const first = await release(everybody);
      assert.equal(first.code, 0, first.output);
      assert.notEqual(await statusOf("eve@example.com"), 403);
      writeFileSync(`${site.host.folder}/data/mariadb/ibdata1`, "damaged");
      await run("docker", ["restart", "--time", "1", await site.container("mariadb")]);
      site.host.limit({ ready_within: 5 });
      const { code, output } = await release(withoutEve);
      assert.equal(await statusOf("eve@example.com"), 403);
      assert.notEqual(await statusOf("ann@example.com"), 403);
      assert.equal(code, 1, output);
      assert.match(
        output,
        /^The previous release \(\w+\) was put back, but not all of it works \(see above\)\. These services run: nginx vouch; these do not: mariadb\. Fix /m,
      );
    } finally {
      await site.remove();
    }
  });
});
