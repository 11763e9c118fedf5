import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { layOut } from "../../../components/explain/explain.ts";
import { explanations, pendingOperations, restoreNotice } from "../../../scripts/pulumi/explanations.ts";
import { diagnostic } from "../../support/engineEvent.ts";

const quotaExceeded = "googleapi: Error 403: Quota 'CPUS' exceeded.  Limit: 24.0 globally., quotaExceeded";

describe("Explanations of the events of a run", () => {
  it("appear once each, and only for errors", () => {
    const [error, warning] = [diagnostic("error", quotaExceeded), diagnostic("warning", quotaExceeded)];
    assert.equal(explanations([error, error, warning]).length, 1);
    assert.deepEqual(explanations([warning]), []);
  });

  it("are omitted if the program has already shown them", () => {
    const [words = ""] = explanations([diagnostic("error", quotaExceeded)]);
    const shown = diagnostic("error", `<{%reset%}>${layOut(words)}<{%reset%}>\n`);
    assert.deepEqual(explanations([shown, diagnostic("error", quotaExceeded)]), []);
    const other = "Machine type with name 'c4-standard-2' does not exist in zone 'us-east1-b'.";
    assert.equal(explanations([shown, diagnostic("error", other)]).length, 1);
  });

  it("repeat how to restore the backup of a destroyed stack", () => {
    const file = "urn:pulumi:dev::jupyter-up::jupyter-up:index:BackupKeyFile$command:local:Command::backup-key-file";
    const release = "urn:pulumi:dev::jupyter-up::jupyter-up:index:SiteRelease$command:local:Command::site-release";
    const events = [
      diagnostic("info", "The backup stays.\n", file),
      diagnostic("info", "The site is down.\n", release),
      diagnostic("info", "  pulumi up\n", file),
    ];
    assert.deepEqual(restoreNotice(events), ["The backup stays.\n  pulumi up"]);
    assert.deepEqual(restoreNotice(events.slice(1, 2)), []);
  });

  it("name pending operations, with the command that clears them", () => {
    const message = `Attempting to deploy or update resources with 2 pending operations from previous deployment.
  * urn:pulumi:local::jupyter-up::jupyter-up:index:SiteRelease$command:local:Command::site-release, interrupted while creating
  * urn:pulumi:local::jupyter-up::tls:index/privateKey:PrivateKey::authority-key, interrupted while updating
These resources are in an unknown state because the Pulumi CLI was interrupted while waiting for changes to these resources to complete. You should confirm whether or not the operations listed completed successfully by checking the state of the appropriate provider.`;
    const [words = "", ...others] = pendingOperations([diagnostic("warning", message)]);
    assert.deepEqual(others, []);
    assert.match(words, /while it created site-release, and Pulumi/);
    assert.doesNotMatch(words, /authority-key/, "an update that was cut off is forgotten by itself");
    assert.equal(words.split("\n").at(-1), "pulumi refresh --yes --non-interactive --clear-pending-creates");
    assert.deepEqual(pendingOperations([diagnostic("warning", "Careful.")]), []);
    assert.deepEqual(pendingOperations([diagnostic("info", message)]), []);
  });
});
