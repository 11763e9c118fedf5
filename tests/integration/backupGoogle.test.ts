import assert from "node:assert/strict";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { Backed, backsUpAndRestores, RESTORE } from "../support/backedSite.ts";
import type { BackupServer } from "../support/backupServers.ts";
import { gcsServer } from "../support/gcsServer.ts";

/** A fake has Google's interface, but no permissions. */
describe("A backup in a bucket at Google", () => {
  let backed: Backed<BackupServer>;
  beforeAll(async () => {
    backed = new Backed(await gcsServer());
    await backed.start();
  });
  afterAll(() => backed.remove());

  backsUpAndRestores(() => backed);

  it("goes on if Google is back within some minutes", async () => {
    const { ended } = await backed.cut();
    await backed.server.start();
    const { code, output } = await ended;
    assert.equal(code, 0, output);
    await backed.isWhole();
  });

  it("names the setting of a key that Google does not know", () =>
    backed.refuses(
      backed.changes({}, backed.server.wrongCredential),
      /Google does not know backup\.credentials any more\. .*pulumi config set --secret --path backup\.credentials/,
      RESTORE,
    ));
});
