import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { attempt, run } from "../../../scripts/cli/command.ts";

describe("attempt() returns", () => {
  it("the exit code and both outputs of a command", async () => {
    const result = await attempt("sh", ["-c", "echo said; echo complained >&2; exit 3"]);
    assert.deepEqual(result, { code: 3, stdout: "said\n", stderr: "complained\n" });
  });

  it("code 127 and a message if the command does not exist", async () => {
    const { code, stderr } = await attempt("no-such-command", []);
    assert.equal(code, 127);
    assert.match(stderr, /no-such-command/);
  });

  it("code 126 if the command cannot be run", async () => {
    assert.equal((await attempt(import.meta.filename, [])).code, 126);
  });

  it("code 124 after the timeout, even if the command ignores signals", async () => {
    const { code, stdout } = await attempt("sh", ["-c", "trap '' TERM; echo begun; sleep 60 >/dev/null 2>&1"], {
      timeout: 500,
    });
    assert.deepEqual({ code, stdout }, { code: 124, stdout: "begun\n" });
  });

  it("code 1 if a signal from elsewhere ended the command", async () => {
    assert.equal((await attempt("sh", ["-c", "kill -TERM $$"], { timeout: 60_000 })).code, 1);
  });

  it("code 0 whether or not the command reads its input", async () => {
    assert.equal((await attempt("cat", [], { input: "given" })).stdout, "given");
    assert.equal((await attempt("true", [], { input: "x".repeat(1_000_000) })).code, 0);
  });

  it("the whole of a long output", async () => {
    assert.equal((await attempt("head", ["-c", "5000000", "/dev/zero"])).stdout.length, 5_000_000);
  });

  it("the output of a command in the given folder and environment", async () => {
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

  it("throws an error with the end of the command's output", async () => {
    await assert.rejects(run("Counting", "sh", ["-c", "seq 1 20; echo no more >&2; exit 2"]), {
      message: `Counting failed: "sh -c seq 1 20; echo no more >&2; exit 2" ended with exit code 2. The end of its output:

${[7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, "no more"].map((line) => `  ${line}`).join("\n")}`,
    });
  });
});
