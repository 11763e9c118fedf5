import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { BackupKeyFile } from "../../../components/release/backupKeyFile.ts";
import { MARKER, openTexts, type Resource, runUnderMocks, secretOf } from "../../support/mocks.ts";

describe("BackupKeyFile", () => {
  const key = `${MARKER}-the-key`;
  const checkout = mkdtempSync(join(tmpdir(), "jupyter-up-key-"));
  let command: Resource | undefined;
  let commandOnVm: Resource | undefined;

  beforeAll(async () => {
    const place = "s3:s3.example.com/it's";
    const args = { folder: "dev", destination: place, to: place, isOnVm: false, site: "jupyter-up-dev", key };
    const onVm = { ...args, destination: "/mnt/b", to: "/mnt/b", isOnVm: true };
    const run = await runUnderMocks({}, async () => {
      new BackupKeyFile("vm-key", onVm);
      return { it: new BackupKeyFile("key", args).urn };
    });
    command = run.resources.find(({ name }) => name === "key-file");
    commandOnVm = run.resources.find(({ name }) => name === "vm-key-file");
  });
  afterAll(() => rmSync(checkout, { recursive: true }));

  it("has the key only as a secret", () => {
    const { BACKUP_KEY } = (command?.inputs.environment ?? {}) as Record<string, unknown>;
    assert.equal(secretOf(BACKUP_KEY), key);
    for (const text of openTexts(command?.inputs)) assert.equal(text.includes(MARKER), false);
  });

  it("leaves the key in the checkout when it is deleted, and shows how to restore the backup", () => {
    const { status, stdout } = spawnSync("sh", ["-c", String(command?.inputs.delete)], {
      cwd: checkout,
      env: { ...process.env, BACKUP_KEY: key },
      encoding: "utf8",
    });
    const file = join(checkout, ".state/dev/backup.key");
    assert.equal(status, 0);
    assert.equal(readFileSync(file, "utf8"), `${key}\n`);
    assert.equal(statSync(file).mode & 0o777, 0o600);
    assert.match(
      stdout,
      /^The backup of jupyter-up-dev stays at s3:s3\.example\.com\/it's\. Only its key opens it, which is now in/,
    );
    assert.match(stdout, /^ {2}cat \.state\/dev\/backup\.key \| pulumi config set --secret --path backup\.key$/m);
    assert.equal(
      stdout,
      `${readFileSync(join(checkout, ".state/dev/restore.txt"), "utf8")}To restore the backup of jupyter-up-dev: see .state/dev/restore.txt\n`,
    );
    assert.match(stdout, /in a new one with the same backup\.accessKey and backup\.secretKey:$/m);
    assert.equal(stdout.includes(MARKER), false);
  });

  it("does not say that a folder of a deleted VM stays", () => {
    assert.match(String(commandOnVm?.inputs.delete), /was in \/mnt\/b on the VM\. It is lost with the VM, unless/);
    assert.doesNotMatch(String(commandOnVm?.inputs.delete), /stays at/);
  });
});
