import assert from "node:assert/strict";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { quoted } from "../../../files/shellWords.ts";
import { operate } from "../../../scripts/setup/engine.ts";

const event = (severity: string, message: string) => JSON.stringify({ diagnosticEvent: { severity, message } });

describe("an operation of the engine", () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "engine-"));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  /** Runs `up` with a CLI that writes these lines to its two outputs and ends with this code. */
  async function up(code: number, stdout: string[], stderr: string[]) {
    const command = join(folder, "pulumi");
    const writes = [
      ...stdout.map((line) => `printf '%s\\n' ${quoted(line)}`),
      ...stderr.map((line) => `printf '%s\\n' ${quoted(line)} >&2`),
    ];
    await writeFile(command, `#!/bin/sh\n${writes.join("\n")}\nexit ${code}\n`);
    await chmod(command, 0o755);
    const said: string[] = [];
    return { said, operation: await operate({ command, version: "3.259.0" }, ["up"], {}, (line) => said.push(line)) };
  }

  it("that a lock keeps from beginning says how to take the lock away", async () => {
    const lock =
      "error: the stack is currently locked by 1 lock(s). Either wait for the other process(es) to end or delete the lock file with `pulumi cancel`.";
    await assert.rejects(up(255, [], [lock, "  file:///state/locks/x.json: created by you@here (pid 1)"]), {
      name: "PlainError",
      message: /^the stack is currently locked by 1 lock[\s\S]*take the lock away[\s\S]*\npulumi cancel --yes/,
    });
  });

  it("that fails says what failed, and what the provider meant", async () => {
    const error = "after 13 failed attempts: dial tcp 203.0.113.7:22: connect: connection refused";
    await assert.rejects(up(1, [event("error", error)], []), {
      message: /^after 13 failed attempts[\s\S]*nothing answers at its SSH port/,
    });
  });

  it("that succeeds gives its changes, and advice on what an earlier run left pending", async () => {
    const warning =
      "Attempting to deploy or update resources with 1 pending operations from previous deployment.\n  * urn:pulumi:local::jupyter-up::command:local:Command::site-release, interrupted while creating\n";
    const summary = JSON.stringify({ summaryEvent: { resourceChanges: { same: 3, update: 1 } } });
    const { operation } = await up(0, [event("warning", warning), summary], []);
    assert.deepEqual(operation.changes, { same: 3, update: 1 });
    assert.match(
      operation.advice[0] ?? "",
      /site-release[\s\S]*\npulumi refresh --yes --non-interactive --clear-pending-creates$/,
    );
    assert.deepEqual((await up(0, [summary], [])).operation.advice, []);
  });
});
