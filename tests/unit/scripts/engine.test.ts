import assert from "node:assert/strict";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { quoted } from "../../../files/release/shellWords.ts";
import { operate } from "../../../scripts/pulumi/engine.ts";
import { diagnostic } from "../../support/engineEvent.ts";

const event = (...[severity, message]: Parameters<typeof diagnostic>) => JSON.stringify(diagnostic(severity, message));

describe("operate()", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "engine-"));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  /** Runs `up` with a fake CLI that writes these lines to its two outputs and exits with this code. */
  async function up(code: number, stdout: string[], stderr: string[]) {
    const command = join(folder, "pulumi");
    const writes = [
      ...stdout.map((line) => `printf '%s\\n' ${quoted(line)}`),
      ...stderr.map((line) => `printf '%s\\n' ${quoted(line)} >&2`),
    ];
    await writeFile(command, `#!/bin/sh\n${writes.join("\n")}\nexit ${code}\n`);
    await chmod(command, 0o755);
    const said: string[] = [];
    const kept: string[] = [];
    const cli = { command, version: "3.259.0" };
    const operation = await operate(
      cli,
      ["up"],
      {},
      (line) => said.push(line),
      (line) => kept.push(line),
    );
    return { said, kept, operation };
  }

  it("says how to remove the lock if the stack is locked", async () => {
    const lock =
      "error: the stack is currently locked by 1 lock(s). Either wait for the other process(es) to end or delete the lock file with `pulumi cancel`.";
    await assert.rejects(up(255, [], [lock, "  file:///state/locks/x.json: created by you@here (pid 1)"]), {
      name: "PlainError",
      message: /^the stack is currently locked by 1 lock[\s\S]*remove the lock[\s\S]*\npulumi cancel --yes/,
    });
  });

  it("throws the error of a failed operation, with the explanation of the provider's error", async () => {
    const error = "after 13 failed attempts: dial tcp 203.0.113.7:22: connect: connection refused";
    await assert.rejects(up(1, [event("error", error)], []), {
      message: /^after 13 failed attempts[\s\S]*nothing answers at its SSH port/,
    });
  });

  it("returns the changes, and advice on operations that an earlier run left pending", async () => {
    const warning =
      "Attempting to deploy or update resources with 1 pending operations from previous deployment.\n  * urn:pulumi:local::jupyter-up::command:local:Command::site-release, interrupted while creating\n";
    const summary = JSON.stringify({ summaryEvent: { resourceChanges: { same: 3, update: 1 } } });
    const { operation, kept } = await up(0, [event("warning", warning), summary], []);
    assert.deepEqual(kept, [], "the engine's own text is long");
    assert.deepEqual(operation.changes, { same: 3, update: 1 });
    assert.match(
      operation.advice[0] ?? "",
      /site-release[\s\S]*\npulumi refresh --yes --non-interactive --clear-pending-creates$/,
    );
    assert.deepEqual((await up(0, [summary], [])).operation.advice, []);
  });

  it("keeps messages that matter after the release, and only prints those of every release", async () => {
    const urn = "urn:pulumi:local::jupyter-up::tls:index/privateKey:PrivateKey::authority";
    const creating = JSON.stringify({
      resourcePreEvent: { metadata: { op: "create", urn, type: "tls:index:PrivateKey" } },
    });
    const passing = [
      "Pulling quay.io/jupyter/scipy-notebook:2026-08-08 (6114 MiB unpacked) ...",
      "Pulling quay.io/jupyter/scipy-notebook:2026-08-08 (60 s): about 1200 of 6114 MiB, 4 minutes left ...",
      "Pulled quay.io/jupyter/scipy-notebook:2026-08-08 (306.1 s)",
      "5200 MiB of images are missing, and this disk writes about 3.6 MiB and reads about 22 times a second: the pull takes about 36 minutes.",
      "Containers started (2.1 s)",
      "Waiting for another run on this machine (1 s): release by ann since 2026-11-28 21:03:05 UTC (process 123) ...",
      "Getting a certificate: this takes about a minute ...",
      "Waiting for jupyter (120 s) ...",
      "The image quay.io/jupyter/scipy-notebook:2026-07-06 was removed: no release names it any more.",
      "dex: starts",
      "vouch: is recreated",
      "nginx: keeps running",
      "Release 5878145e14c4 is running.",
    ];
    const worthKeeping = [
      "jupyter: is recreated; its running kernels end (2), saved notebooks stay",
      "jupyter: Packages are still being installed while the server runs. Progress: ~/packages.log",
      "The data of shop could not be removed (/srv/jupyter-up/apps/shop).",
    ];
    const lines = [...passing, ...worthKeeping].map((line) => event("info", `${line}\n`));
    const { said, kept } = await up(0, [creating, ...lines], []);
    assert.deepEqual(said, ["creating authority", ...passing]);
    assert.deepEqual(kept, worthKeeping);
  });
});
