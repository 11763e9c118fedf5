import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { MARKER, openTexts, runUnderMocks, secretOf } from "../../support/mocks.ts";
import { pulumiConfig } from "../../support/projectFile.ts";
import { contentOf } from "../../support/unpack.ts";

let runs = 0;
/** Evaluates index.ts again: Node caches a module by its whole URL, so each run has its own query. */
async function outcomeWith(backup: Record<string, unknown>, more: Record<string, unknown> = {}) {
  runs += 1;
  const config = pulumiConfig({
    "jupyter-up:allow": ["ann@example.com"],
    "jupyter-up:signIn": { users: [{ email: "ann@example.com" }] },
    "jupyter-up:backup": backup,
    ...more,
  });
  const encrypted = backup.key === undefined ? [] : ["jupyter-up:backup"];
  const run = await runUnderMocks(
    config,
    async () => (await import(`../../../index.ts?backup=${runs}`)).default,
    {},
    { encrypted },
  );
  const sent = run.resources.find(({ name }) => name === "site-secrets")?.inputs.stdin;
  return { run, sentKey: () => contentOf(String(secretOf(sent)), "key").trim() };
}

describe("The key of the backup", () => {
  it("is generated, sent as a secret file, and an output of the stack", async () => {
    const { run, sentKey } = await outcomeWith({ to: "/mnt/backup" });
    assert.equal(secretOf(run.exports.backupKey), `${MARKER}-secrets-backup-result`);
    assert.equal(sentKey(), `${MARKER}-secrets-backup-result`);
    for (const { name, inputs } of run.resources)
      for (const text of openTexts(inputs)) assert.equal(text.includes(MARKER), false, name);
  });

  it("is the user's own one, if there is one", async () => {
    const key = `${MARKER}-of-my-own`;
    const { run, sentKey } = await outcomeWith({ to: "/mnt/backup", key });
    assert.deepEqual([secretOf(run.exports.backupKey), sentKey()], [key, key]);
    assert.equal(
      run.resources.find(({ name }) => name === "secrets-backup"),
      undefined,
    );
  });

  it("is generated also without a backup, but is no output then", async () => {
    const { run } = await outcomeWith({ to: "none" });
    assert.equal(run.exports.backupKey, undefined);
    assert.ok(run.resources.some(({ name }) => name === "secrets-backup"));
  });

  it("is left in the checkout when the stack is destroyed, on every target", async () => {
    const elsewhere = { "jupyter-up:domain": "lab.example.com", "jupyter-up:dns": "none" };
    const vm = {
      ...elsewhere,
      "jupyter-up:target": "gcp",
      "jupyter-up:project": "my-project-123456",
      "gcp:accessToken": "of whoever tests",
      "jupyter-up:sshFrom": ["203.0.113.7/32"],
    };
    for (const target of [{}, vm]) {
      const { run } = await outcomeWith({ to: "/mnt/backup" }, target);
      assert.ok(run.resources.some(({ name }) => name === "backup-key-file"));
      const { run: without } = await outcomeWith({ to: "none" }, target);
      assert.ok(!without.resources.some(({ name }) => name === "backup-key-file"));
    }
  });
});
