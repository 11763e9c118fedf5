import assert from "node:assert/strict";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { Backed, backsUpAndRestores, RESTORE } from "../support/backedSite.ts";
import { type BackupServer, type SftpServer, s3Server, sftpServer } from "../support/backupServers.ts";

describe("A backup by SFTP", () => {
  let backed: Backed<SftpServer>;
  beforeAll(async () => {
    backed = new Backed(await sftpServer());
    await backed.start();
  });
  afterAll(() => backed.remove());

  backsUpAndRestores(() => backed);

  it("fails if the server ends, and says so until it is back. Then the next backup is whole", async () => {
    const { ended } = await backed.cut();
    const { code, output } = await ended;
    assert.equal(code, 1, output);
    assert.match(output, /notebooks could not be backed up\. restic says: .*(closed|reset|ssh command exited)/);
    for (const words of [["backup"], ...RESTORE])
      assert.match(
        (await backed.site.host.apply(words)).output,
        /Connection refused\. .*pulumi config set --path backup\.to/,
      );
    await backed.server.start();
    await backed.apply("backup");
    await backed.isWhole();
  });

  it("names the setting of a private key that the server does not accept", () =>
    backed.refuses(
      backed.changes({}, backed.server.wrongCredential),
      /restic says: .*Permission denied .*backup\.privateKey.*pulumi config set --secret --path backup\.privateKey/,
    ));

  it("names the setting of the host key if the server has another one", () =>
    backed.refuses(
      backed.changes({ hostKey: backed.server.otherHostKey }),
      /restic says: Host key verification failed\. .*backup\.hostKey.*pulumi config set --path backup\.hostKey/,
    ));

  it("says that the user may not write to the folder", () =>
    backed.refuses(
      backed.changes({ to: backed.server.settings.to?.replace(/backups.*$/, "root/lab") }),
      /ermission denied.*backup\.to/,
    ));
});

describe("A backup in a bucket with Amazon's interface", () => {
  let backed: Backed<BackupServer>;
  beforeAll(async () => {
    backed = new Backed(await s3Server());
    await backed.start();
  });
  afterAll(() => backed.remove());

  backsUpAndRestores(() => backed);

  it("goes on if the server is back within some minutes", async () => {
    const { ended } = await backed.cut();
    await backed.server.start();
    const { code, output } = await ended;
    assert.equal(code, 0, output);
    await backed.isWhole();
  });

  it("says at a restore that the server does not answer", async () => {
    backed.site.host.limit({ backup_listed_within: 5 });
    await backed.server.stop();
    const { code, output } = await backed.site.host.apply(["restore", "--path", "notebooks"]);
    assert.equal(code, 1);
    assert.match(output, /could not be read\. restic says: .*refused\. .*pulumi config set --path backup\.to/);
    await backed.server.start();
    await backed.apply("restore", "--path", "notebooks");
  });

  it("names the setting of the bucket if there is none", () =>
    backed.refuses(
      backed.changes({ to: backed.server.settings.to?.replace("backups", "nothing") }),
      /bucket does not exist\. Create the bucket.*pulumi config set --path backup\.to/,
      RESTORE,
    ));

  it("names the setting of a secret key that is wrong", () =>
    backed.refuses(
      backed.changes({}, backed.server.wrongCredential),
      /backup\.secretKey.*pulumi config set --secret --path backup\.secretKey/,
    ));

  it("names the setting of an access key that the server does not know", () =>
    backed.refuses(
      backed.changes({ accessKey: "another-access-key" }),
      /backup\.accessKey.*pulumi config set --path backup\.accessKey/,
      RESTORE,
    ));
});
