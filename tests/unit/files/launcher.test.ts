import assert from "node:assert/strict";
import { chmodSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { afterEach, beforeEach, describe, it } from "@jest/globals";
import { changedProgram } from "../../support/changedProgram.ts";
import { run } from "../../support/command.ts";
import { type TestHost, testHost } from "../../support/host.ts";

/** The length of the part of the compiled file that identifies the program: Python's magic number and a hash. */
const KEY = 12;

describe("the compiled modules of site-apply", () => {
  let host: TestHost;
  let script: string;
  let compiled: string;
  beforeEach(async () => {
    host = testHost();
    script = `${host.layout.root}/bin/site-apply`;
    compiled = `${script}.compiled`;
    rmSync(compiled, { force: true });
    assert.match(await refusal(), /^site-apply: expected machine, /);
  });
  afterEach(() => host.remove());

  const refusal = async () => {
    const { code, output } = await host.apply("nothing");
    assert.equal(code, 1);
    return output;
  };
  /** Changes a message of the program. */
  const change = () =>
    writeFileSync(
      script,
      changedProgram(readFileSync(script, "utf8"), (source) =>
        source.replace("site-apply: {message}", "site-apply wants: {message}"),
      ),
    );

  it("are used by the next run, which leaves them unchanged", async () => {
    const own = readFileSync(compiled);
    const program = readFileSync(script);
    change();
    await refusal();
    const foreign = readFileSync(compiled);
    writeFileSync(script, program);
    writeFileSync(compiled, Buffer.concat([own.subarray(0, KEY), foreign.subarray(KEY)]));
    const { ino } = statSync(compiled);
    assert.match(await refusal(), /^site-apply wants: expected machine, /);
    assert.equal(statSync(compiled).ino, ino);
  });

  it("are not used for a program of another version", async () => {
    change();
    assert.match(await refusal(), /^site-apply wants: expected machine, /);
    assert.match(await refusal(), /^site-apply wants: expected machine, /);
  });

  it("are written again if the last write was cut off", async () => {
    const whole = readFileSync(compiled);
    for (const length of [0, KEY - 1, KEY + 1, whole.length - 1]) {
      writeFileSync(compiled, whole.subarray(0, length));
      assert.match(await refusal(), /^site-apply: expected machine, /);
      assert.equal(readFileSync(compiled).length, whole.length);
    }
  });

  it("can only be changed by their owner, whatever the umask", async () => {
    writeFileSync(compiled, "");
    await run("sh", ["-c", `umask 0; exec sh "$1" nothing`, "sh", script]);
    assert.equal((statSync(compiled).mode & 0o777).toString(8), "644");
  });

  it("need not be written: a folder may be read-only", async () => {
    writeFileSync(compiled, "");
    chmodSync(`${host.layout.root}/bin`, 0o555);
    try {
      // Root can write to any folder.
      const asNobody = process.getuid?.() === 0 ? ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] : [];
      const { output } = await run("env", [...asNobody, "sh", script, "nothing"]);
      assert.match(output, /^site-apply: expected machine, /);
      assert.equal(statSync(compiled).size, 0);
    } finally {
      chmodSync(`${host.layout.root}/bin`, 0o755);
    }
  });
});
