import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { afterAll, afterEach, beforeAll, describe, it } from "@jest/globals";
import { freePort } from "../../offline/support/freePort.ts";
import { run } from "../support/command.ts";
import { type RunningSite, runningSite } from "../support/runningSite.ts";
import { statusFor } from "../support/statusFor.ts";
import { until } from "../support/until.ts";

const everybody = ["ann@example.com", "eve@example.com"];
const withoutEve = ["ann@example.com"];

/** A site of some services, with shorter time limits for everything that takes minutes. */
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

describe("A user removed from the allow list is denied even if they have changed Jupyter so that", () => {
  let site: RunningSite;
  let release: Awaited<ReturnType<typeof buildSite>>["release"];
  let statusOf: Awaited<ReturnType<typeof buildSite>>["statusOf"];

  /** Runs a script in the container, as eve could in a notebook. */
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
  // A new container, with every user allowed again.
  afterEach(async () => {
    await run("docker", ["rm", "--force", await site.container("jupyter")]);
    const { code, output } = await release(everybody);
    assert.equal(code, 0, output);
    assert.equal(await statusOf("eve@example.com", "jupyter"), 200);
  });
  afterAll(() => site.remove());

  it("python3 is a program that fails without output", async () => {
    await program("python3", "exit 1");
    const { code, output } = await release(withoutEve);
    assert.equal(await statusOf("eve@example.com", "jupyter"), 403);
    assert.equal(code, 0, output);
    assert.match(output, /^jupyter: 'python3 \S+packages\.py' failed with exit code 1, without output\.$/m);
    assert.equal(await statusOf("ann@example.com", "jupyter"), 200);
  });

  it("python3 is a program that never ends", async () => {
    await program("python3", "exec sleep 100000");
    const { code, output } = await release(withoutEve);
    assert.equal(await statusOf("eve@example.com", "jupyter"), 403);
    assert.equal(code, 0, output);
    assert.match(output, /^jupyter: 'python3 \S+packages\.py' did not end within 5 seconds\.$/m);
    assert.equal(await statusOf("ann@example.com", "jupyter"), 200);
  });

  it("python3 is a program that prints messages of a release without end", async () => {
    await program("python3", 'exec yes "Release 0123456789ab is running."');
    const { code, output } = await release(withoutEve);
    assert.equal(await statusOf("eve@example.com", "jupyter"), 403);
    assert.equal(code, 0, output);
    assert.ok(output.split("\n").length < 300);
    assert.match(output, /^jupyter says: Release 0123456789ab is running\.$/m);
    assert.equal(output.match(/^Release \w+ is running\.$/gm)?.length, 1);
  });

  it("the health check's program never ends", async () => {
    await program("wget", "exec sleep 100000");
    const { code, output } = await release(withoutEve);
    assert.equal(await statusOf("eve@example.com", "jupyter"), 403);
    assert.equal(code, 0, output);
    assert.match(output, /^jupyter is recreated, because it does not work and this release did not change it\.$/m);
    assert.equal(await statusOf("ann@example.com", "jupyter"), 200);
  });

  it("no process can be started in the container", async () => {
    // It also takes each process slot that becomes free.
    const many = `
import os, signal, time
while True:
    try:
        if os.fork() == 0:
            signal.pause()
    except OSError:
        time.sleep(0.01)`;
    await run("docker", ["exec", "--detach", await site.container("jupyter"), "python3", "-c", many]);
    // The limit counts forks, so a process started by Docker itself may still run.
    const fork = ["sh", "-c", "true | true"];
    await until("no process can be started", async () => (await site.exec("jupyter", fork)).code !== 0, 120);
    const { code, output } = await release(withoutEve);
    assert.equal(await statusOf("eve@example.com", "jupyter"), 403);
    // If the health check could not start in time, the container is recreated.
    assert.equal(code, 0, output);
    assert.equal(await statusOf("ann@example.com", "jupyter"), 200);
  });

  it("another image of it does not start: the release is rolled back, and the allow list is not", async () => {
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

describe("A user removed from the allow list is denied even if they have changed MariaDB so that", () => {
  it("it does not start", async () => {
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
