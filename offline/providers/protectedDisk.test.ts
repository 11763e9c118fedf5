import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { openCloud } from "../cloud/folder.ts";
import { inventory } from "../cloud/inventory.ts";
import { skip, type TrialStack, trialStack } from "./testing/trialStack.ts";

const credentials = JSON.stringify({ type: "service_account", client_email: "up@my-project.iam.gserviceaccount.com" });

/** Each test starts where the previous one ended. */
(skip ? describe.skip : describe)("A protected data disk, with the real engine", () => {
  let stack: TrialStack;
  const resources = async () => (await inventory(openCloud(join(stack.folder, "cloud")))).resources;

  beforeAll(async () => {
    stack = await trialStack("protectedDisk.program.ts", (folder) => ({
      JUPYTER_UP_CLOUD: join(folder, "cloud"),
      GOOGLE_CREDENTIALS: credentials,
    }));
    assert.equal((await pulumi("stack", "init", "dev")).code, 0);
    await writeFile(join(stack.folder, "inputs.json"), "{}");
    const { code, text } = await pulumi("up", "--yes", "--skip-preview");
    assert.equal(code, 0, text);
    assert.match(text, /warning: unable to detect a global setting for GCP Project/);
    await writeFile(join(stack.folder, "inputs.json"), '{ "now": true }');
  });

  afterAll(() => stack.remove());

  const pulumi = (...args: string[]) => stack.pulumi(...args);

  it("of an earlier version: an update enables its last snapshot, and its policy stays unchanged in the cloud", async () => {
    const { code, text } = await pulumi("up", "--yes", "--skip-preview");
    assert.equal(code, 0, text);
    assert.match(text, /~ 1 updated\n +2 unchanged/);
  });

  it("makes `pulumi destroy` fail in its preview", async () => {
    const { code, text } = await pulumi("destroy", "--yes");
    assert.notEqual(code, 0);
    assert.match(text, /host-data.*protect/s);
    assert.equal((await resources()).length, 2);
  });

  it("stays without a preview, while everything else is deleted", async () => {
    const { code, text } = await pulumi("destroy", "--yes", "--skip-preview");
    assert.notEqual(code, 0);
    assert.match(text, /host-data.*protect/s);
    assert.deepEqual(await resources(), ["projects/my-project/zones/us-central1-a/disks/lab-data-us-central1-a"]);
  });

  it("leaves its last snapshot after `pulumi destroy --ignore-protect`", async () => {
    const { code, text } = await pulumi("destroy", "--yes", "--skip-preview", "--ignore-protect");
    assert.equal(code, 0, text);
    const left = await resources();
    assert.equal(left.length, 1, left.join());
    assert.match(left.join(), /^projects\/my-project\/global\/snapshots\/lab-data-\d{8}-\d{6}$/);
  });
});
