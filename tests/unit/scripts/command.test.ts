import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { attempt, run } from "../../../scripts/cli/command.ts";

describe("attempt() tells how a command ended:", () => {
  it("its exit code and both outputs", async () => {
    const result = await attempt("sh", ["-c", "echo said; echo complained >&2; exit 3"]);
    assert.deepEqual(result, { code: 3, stdout: "said\n", stderr: "complained\n" });
  });

  it("127 when there is no such command, and says so", async () => {
    const { code, stderr } = await attempt("no-such-command", []);
    assert.equal(code, 127);
    assert.match(stderr, /no-such-command/);
  });

  it("126 when it cannot be run", async () => {
    assert.equal((await attempt(import.meta.filename, [])).code, 126);
  });

  it("124 when it takes longer than its timeout, even if it ignores signals", async () => {
    const { code, stdout } = await attempt("sh", ["-c", "trap '' TERM; echo begun; sleep 60 >/dev/null 2>&1"], {
      timeout: 500,
    });
    assert.deepEqual({ code, stdout }, { code: 124, stdout: "begun\n" });
  });

  it("1 when a signal that it did not get from here ended it", async () => {
    assert.equal((await attempt("sh", ["-c", "kill -TERM $$"], { timeout: 60_000 })).code, 1);
  });

  it("with its input, which it need not read", async () => {
    assert.equal((await attempt("cat", [], { input: "given" })).stdout, "given");
    assert.equal((await attempt("true", [], { input: "x".repeat(1_000_000) })).code, 0);
  });

  it("with all of a long output", async () => {
    assert.equal((await attempt("head", ["-c", "5000000", "/dev/zero"])).stdout.length, 5_000_000);
  });

  it("in this process's environment with changes, and in a folder", async () => {
    process.env.TO_GO = "set";
    const env = { ADDED: "added", TO_GO: undefined };
    const { stdout } = await attempt("sh", ["-c", 'echo "$ADDED $TO_GO $PWD"'], { env, cwd: "/" });
    assert.equal(stdout, "added  /\n");
    delete process.env.TO_GO;
  });
});

describe("run()", () => {
  it("returns what a command wrote to standard output", async () => {
    assert.equal(await run("Saying it", "echo", ["said"]), "said\n");
  });

  it("fails with the end of what the command said", async () => {
    await assert.rejects(run("Counting", "sh", ["-c", "seq 1 20; echo no more >&2; exit 2"]), {
      message: `Counting failed: "sh -c seq 1 20; echo no more >&2; exit 2" ended with exit code 2. The end of its output:

${[7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, "no more"].map((line) => `  ${line}`).join("\n")}`,
    });
  });
});
