import assert from "node:assert/strict";
import { createPublicKey, randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { buildSite, imagesOf } from "../../files/site/site.ts";
import { inventory } from "../../offline/cloud/inventory.ts";
import { listRecords } from "../../offline/cloud/records.ts";
import { registryAddress } from "../../offline/setup/registry.ts";
import { attempt, run } from "../../scripts/cli/command.ts";
import { answerAt, appWithVolume, CloudStack, onGoogle, workOf } from "../e2e/support/cloudStack.ts";
import { assertSame, commandsIn, type State } from "../e2e/support/work.ts";
import { type Google, startGoogle } from "../support/google.ts";
import { imageMirror, tagImages } from "../support/images.ts";
import { settingsWith } from "../support/settings.ts";
import { layout } from "../support/site.ts";

const skip = !imageMirror && "there is no registry here that could hold a restic that knows of the fake of Google";
const BUCKET = "my-project-123456-jupyter-up-lab-backup";

/** Each test continues with the site of the test before it. */
(skip ? describe.skip : describe)("a site on a VM that is backed up to a bucket of the stack's own", () => {
  const mirror = `${registryAddress}/e2e-bucket-${randomUUID().slice(0, 8)}`;
  let google: Google;
  let stack: CloudStack;
  let references: string[] = [];
  let before: State;
  let destroyed: string;
  const work = workOf((command) => stack.on("us-central1-a-jupyter-up-lab", command));

  /** The keys of the accounts in the project, as Google has them. */
  async function keys() {
    const records = await listRecords<{ publicKey: string }>(stack.cloud, "gcp:serviceaccount/key:Key");
    return records.map(({ properties }) => createPublicKey(Buffer.from(properties.publicKey, "base64").toString()));
  }

  beforeAll(async () => {
    google = await startGoogle({ bucket: BUCKET, keys, forMachines: true });
    await google.start();
    const settings = { ...onGoogle, database: true, apps: [appWithVolume], backup: { to: "bucket" } };
    const texts = { ...settings, database: "true", protectData: "false", history: { every: 15 } };
    const images = imagesOf(buildSite("jupyter-up-lab", settingsWith(texts), { ...layout, bucket: BUCKET }));
    references = await tagImages(images, mirror, google.restic);
    for (const reference of references) await run(`Pushing ${reference}`, "docker", ["push", "--quiet", reference]);
    stack = await CloudStack.make({ ...settings, imageMirror: mirror });
  });
  afterAll(async () => {
    await stack?.destroy();
    await stack?.remove();
    await google?.remove();
    for (const reference of references) await attempt("docker", ["image", "rm", reference]);
  });

  it("has the bucket after one `pulumi up`, and its work in it after a backup", async () => {
    const { code, text } = await stack.up();
    assert.equal(code, 0, text);
    await work.make();
    await work.backUp();
    before = await work.everything();
    assert.ok(google.packs(BUCKET) > 0);
  });

  it("leaves nothing but the bucket when it is destroyed", async () => {
    const { code, text } = await stack.destroy();
    destroyed = text;
    assert.equal(code, 0, text);
    assert.deepEqual((await inventory(stack.cloud)).resources, [`projects/_/buckets/${BUCKET}`]);
  });

  it("restores everything into a new VM, after the bucket was imported by the command that `pulumi up` shows", async () => {
    const refused = await stack.type(commandsIn(destroyed));
    assert.equal(refused.code, 1, refused.text);
    const [command] = /pulumi import gcp:storage\/bucket:Bucket .*/.exec(refused.text) ?? [];
    assert.ok(command, refused.text);
    const imported = await stack.type(`gcloud() { echo ${BUCKET}; }\n${command} --yes --non-interactive`);
    assert.equal(imported.code, 0, imported.text);
    const { code, text } = await stack.type("pulumi up");
    assert.equal(code, 0, text);
    assertSame(await work.everything(), before);
    assert.equal(await answerAt(await stack.output("address")), "302");
  });
});
