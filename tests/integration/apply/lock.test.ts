import assert from "node:assert/strict";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { userInfo } from "node:os";
import { setTimeout } from "node:timers/promises";
import { afterEach, beforeEach, describe, it } from "@jest/globals";
import { start } from "../../support/command.ts";
import { engineAnswers } from "../../support/fakeDocker.ts";
import { type TestHost, testHost } from "../../support/host.ts";
import { releaseText } from "../../support/release.ts";
import { bundleWith } from "../../support/site.ts";

const text = bundleWith().secrets;
const good = { code: 0, output: "" };

/** Waits up to half a minute until a condition is true. */
async function until(what: string, isSo: () => boolean): Promise<void> {
  for (let tries = 0; tries < 600 && !isSo(); tries++) await setTimeout(50);
  assert.ok(isSo(), what);
}

describe("The lock", () => {
  let host: TestHost;
  let lock: string;
  const cleanUp: (() => void)[] = [];
  beforeEach(() => {
    host = testHost();
    lock = `${host.layout.root}/lock`;
  });
  afterEach(() => {
    for (const end of cleanUp.splice(0)) end();
    host.remove();
  });

  /** The file to which the fake docker writes its process ID when it starts. */
  const holding = () => `${host.folder}/holding`;

  /** A fake docker that does not end, so that its caller holds the lock for as long as a test needs. */
  async function holder() {
    mkdirSync(`${host.folder}/bin`);
    const docker = `#!/bin/sh
case "$*" in ${engineAnswers} *"config --format"*) echo $$ >'${holding()}.new' && mv '${holding()}.new' '${holding()}' && exec sleep 600 ;; esac
`;
    writeFileSync(`${host.folder}/bin/docker`, docker);
    chmodSync(`${host.folder}/bin/docker`, 0o755);
    const environment = { PATH: `${host.folder}/bin:${process.env.PATH}` };
    const release = host.startApply("release", bundleWith().release, environment);
    cleanUp.push(() => release.child.kill("SIGKILL"), letGo);
    await until("a release holds the lock", () => existsSync(holding()));
    return release;
  }

  /** Ends the fake docker, and with it the holder. */
  function letGo() {
    if (!existsSync(holding())) return;
    process.kill(Number(readFileSync(holding(), "utf8")), "SIGKILL");
    rmSync(holding());
  }

  it("lets two runs that start at once both complete", async () => {
    const other = bundleWith({ secrets: { namingKey: "another key" } }).secrets;
    assert.deepEqual(await Promise.all([host.apply("secrets", text), host.apply("secrets", other)]), [good, good]);
    for (const service of ["nginx", "vouch", "dex", "jupyter"])
      assert.equal(readdirSync(`${host.layout.root}/secrets/${service}`).length, 2, service);
    assert.equal(existsSync(lock), false);
  });

  it("makes a second run wait for the first, with few polls", async () => {
    const first = await holder();
    const second = host.startApply("secrets", text);
    await setTimeout(2500);
    assert.equal(second.child.exitCode, null);
    assert.match(readlinkSync(lock), new RegExp(`^${first.child.pid}-`));
    assert.equal(existsSync(`${host.layout.root}/secrets`), false);
    letGo();
    assert.equal((await first.ended).code, 1);
    const { code, output } = await second.ended;
    assert.equal(code, 0);
    // One line, after a second.
    const who = userInfo().username;
    assert.match(
      output,
      new RegExp(
        `^Waiting for another run on this machine \\(1 s\\): release by ${who}(?: from \\S+)? since [-\\d]+ [:\\d]+ UTC \\(process ${first.child.pid}\\) \\.\\.\\.\n$`,
      ),
    );
    assert.equal(existsSync(lock), false);
    assert.equal(existsSync(`${lock}.holder`), false);
  });

  it("of a killed release is taken over, and its incomplete files are removed", async () => {
    const killed = await holder();
    killed.child.kill("SIGKILL");
    letGo();
    await killed.ended;
    assert.ok(readlinkSync(lock));
    assert.ok(existsSync(`${host.layout.root}/incoming`));
    assert.deepEqual(await host.apply("secrets", text), good);
    assert.deepEqual(
      readdirSync(host.layout.root ?? "")
        .sort()
        .filter((entry) => entry !== "files"),
      ["bin", "hashes", "secrets"],
    );
  });

  it("of a process whose ID another process has by now is taken over", async () => {
    symlinkSync(`${process.pid}-1`, lock);
    assert.deepEqual(await host.apply("secrets", text), good);
  });

  it("of a process that never existed is taken over", async () => {
    symlinkSync("4194305-1", lock);
    assert.deepEqual(await host.apply("secrets", text), good);
  });

  it("is attributed to its holder in any time zone and language", async () => {
    const first = await holder();
    const second = host.startApply("secrets", text, { TZ: "Asia/Kolkata", LC_ALL: "de_DE.UTF-8" });
    await setTimeout(1500);
    assert.equal(second.child.exitCode, null);
    letGo();
    await first.ended;
    assert.equal((await second.ended).code, 0);
  });

  it("is released if a release is refused", async () => {
    assert.equal((await host.apply("secrets", "")).code, 1);
    assert.equal(existsSync(lock), false);
  });

  it("is released by a run that continued after Ctrl-C and a lost connection", async () => {
    const release = await holder();
    for (const signal of ["SIGINT", "SIGHUP", "SIGPIPE"] as const) release.child.kill(signal);
    await setTimeout(500);
    assert.equal(release.child.exitCode, null);
    letGo();
    assert.match((await release.ended).output, /^The generated compose\.yaml is not valid/m);
    assert.equal(existsSync(lock), false);
  });

  it("is waited for if an earlier version of this program holds it, which creates only a link", async () => {
    const old = start("sleep", ["600"]);
    cleanUp.push(() => old.child.kill("SIGKILL"));
    const { pid } = old.child;
    const began = readFileSync(`/proc/${pid}/stat`, "utf8").replace(/.*\) /, "").split(" ")[19];
    symlinkSync(`${pid}-${began}`, lock);
    const second = host.startApply("secrets", text);
    await setTimeout(2500);
    assert.equal(second.child.exitCode, null);
    old.child.kill("SIGKILL");
    await old.ended;
    const { code, output } = await second.ended;
    assert.equal(code, 0);
    assert.match(output, new RegExp(`^Waiting for .* \\(1 s\\): process ${pid} \\.\\.\\.\n$`));
  });

  it("that another process has taken over is not released", async () => {
    const first = await holder();
    rmSync(lock);
    symlinkSync("somebody-else", lock);
    letGo();
    await first.ended;
    assert.equal(readlinkSync(lock), "somebody-else");
  });
});

describe("A stale lock is taken over by one process at a time", () => {
  /** A fake docker, run while the lock is held, that records whether it is the only one. */
  const docker = `#!/bin/sh
case "$*" in
    ${engineAnswers}
    *" config "*)
        mkdir "$TEST_FOLDER/busy" 2>/dev/null || echo "two holders" >>"$TEST_FOLDER/overlaps"
        sleep 0.1
        rmdir "$TEST_FOLDER/busy" 2>/dev/null
        exit 1
        ;;
esac
`;

  /** Starts several takers at once with a killed release's lock; returns whether two of them held it at the same time. */
  async function round(takers: number): Promise<boolean> {
    const host = testHost();
    try {
      mkdirSync(`${host.folder}/bin`);
      writeFileSync(`${host.folder}/bin/docker`, docker, { mode: 0o755 });
      const env = { PATH: `${host.folder}/bin:${process.env.PATH}`, TEST_FOLDER: host.folder };
      symlinkSync("4194305-1", `${host.layout.root}/lock`);
      const releases = Array.from({ length: takers }, () => host.apply("release", releaseText({}), env));
      for (const { output } of await Promise.all(releases))
        assert.match(output, /^The generated compose\.yaml is not/m);
      return existsSync(`${host.folder}/overlaps`);
    } finally {
      host.remove();
    }
  }

  for (const [takers, rounds] of [
    [2, 10],
    [4, 10],
  ] as const)
    it(`${takers} takers, ${rounds} rounds`, async () => {
      const overlaps = await Promise.all(Array.from({ length: rounds }, () => round(takers)));
      assert.equal(overlaps.filter(Boolean).length, 0);
    });
});
