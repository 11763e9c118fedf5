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

const vm = {
  "jupyter-up:target": "gcp",
  "jupyter-up:project": "my-project-123456",
  "gcp:accessToken": "of whoever tests",
  "jupyter-up:domain": "lab.example.com",
  "jupyter-up:dns": "none",
  "jupyter-up:sshFrom": ["203.0.113.7/32"],
};

describe("The bucket of a stack's own", () => {
  const BUCKET = "my-project-123456-jupyter-up-test-backup";

  it("is private, keeps deleted objects, and stays when the stack is destroyed", async () => {
    const { run } = await outcomeWith({ to: "bucket" }, vm);
    const bucket = run.resources.find(({ type }) => type === "gcp:storage/bucket:Bucket");
    assert.deepEqual(bucket?.inputs, {
      name: BUCKET,
      location: "US-CENTRAL1",
      uniformBucketLevelAccess: true,
      publicAccessPrevention: "enforced",
      softDeletePolicy: { retentionDurationSeconds: 14 * 24 * 3600 },
    });
    assert.equal(bucket?.options.retainOnDelete, true);
  });

  it("can be used by an account of its own only, not by that of the VM", async () => {
    const { run } = await outcomeWith({ to: "bucket" }, vm);
    const accounts = run.resources.filter(({ type }) => type === "gcp:serviceaccount/account:Account");
    assert.deepEqual(
      accounts.map(({ inputs }) => inputs.accountId),
      ["jupyter-up-test", "backup-jupyter-up-test"],
    );
    const access = run.resources.filter(({ type }) => type === "gcp:storage/bucketIAMMember:BucketIAMMember");
    assert.deepEqual(
      access.map(({ inputs }) => [inputs.role, inputs.member]),
      [["roles/storage.objectUser", "serviceAccount:host-backup-account@my-project-123456.iam.gserviceaccount.com"]],
    );
  });

  it("is opened by a key that is in a secret file alone", async () => {
    const { run } = await outcomeWith({ to: "bucket" }, vm);
    const sent = run.resources.find(({ name }) => name === "site-secrets")?.inputs.stdin;
    assert.equal(contentOf(String(secretOf(sent)), "google.json"), `${MARKER}-host-backup-key-json\n`);
    for (const { name, inputs } of run.resources)
      for (const text of openTexts(inputs)) assert.equal(text.includes(MARKER), false, name);
    const release = String(run.resources.find(({ name }) => name === "site-release")?.inputs.stdin);
    assert.match(release, new RegExp(`gs:${BUCKET}:/backup`));
  });

  it("does not exist if the backup goes elsewhere", async () => {
    const { run } = await outcomeWith({ to: "/mnt/backup" }, vm);
    for (const { type } of run.resources) assert.doesNotMatch(type, /^gcp:storage/);
  });
});

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
    for (const target of [{}, vm]) {
      const { run } = await outcomeWith({ to: "/mnt/backup" }, target);
      assert.ok(run.resources.some(({ name }) => name === "backup-key-file"));
      const { run: without } = await outcomeWith({ to: "none" }, target);
      assert.ok(!without.resources.some(({ name }) => name === "backup-key-file"));
    }
  });
});
