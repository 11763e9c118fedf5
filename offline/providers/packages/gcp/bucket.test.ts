import assert from "node:assert/strict";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { inventory } from "../../../cloud/inventory.ts";
import { withoutSecretMarks } from "../../protocol.ts";
import type { Properties } from "../../resource.ts";
import { openTestCloud, type TestCloud } from "../../testing/cloud.ts";
import type { Resource, TestEngine } from "../../testing/engine.ts";

const types = {
  bucket: "gcp:storage/bucket:Bucket",
  access: "gcp:storage/bucketIAMMember:BucketIAMMember",
  account: "gcp:serviceaccount/account:Account",
  key: "gcp:serviceaccount/key:Key",
};
const email = "backup-lab@my-project.iam.gserviceaccount.com";

describe("a bucket in the fake Google Cloud, with its account", () => {
  let test: TestCloud;
  let engine: TestEngine;
  let bucket: Resource;
  let account: Resource;
  let access: Resource;
  let key: Resource;
  beforeAll(async () => {
    test = await openTestCloud();
    engine = test.engine;
  });
  afterAll(() => test.close());

  const planned = (type: keyof typeof types, resource: Resource, change: object) =>
    engine.diff(types[type], resource, { ...resource.inputs, ...change });

  it("refuses what the provider and the API refuse", async () => {
    const refused = async (inputs: Properties) => (await engine.check(types.bucket, inputs)).join();
    assert.match(await refused({ name: "lab" }), /Missing required argument\. The argument "location"/);
    assert.match(await refused({ name: "Lab", location: "US-CENTRAL1" }), /can only contain lowercase letters/);
    const open = { name: "lab", location: "US-CENTRAL1", publicAccessPrevention: "yes" };
    assert.match(await refused(open), /expected public_access_prevention to be one of/);
    const short = { name: "lab", location: "US-CENTRAL1", softDeletePolicy: { retentionDurationSeconds: 3600 } };
    await assert.rejects(engine.create(types.bucket, short), /googleapi: Error 400: Soft delete retention duration/);
  });

  it("is created once, and plans changes as the provider does", async () => {
    bucket = await engine.create(types.bucket, { name: "lab", location: "US-CENTRAL1" });
    assert.equal(bucket.outputs.url, "gs://lab");
    await assert.rejects(
      engine.create(types.bucket, { name: "lab", location: "US-EAST1" }),
      /Error 409: Your previous request to create the named bucket succeeded and you already own it\., conflict/,
    );
    assert.deepEqual(await planned("bucket", bucket, { location: "us-central1" }), {});
    assert.deepEqual(await planned("bucket", bucket, { location: "US-EAST1" }), { location: "update & replace" });
    assert.deepEqual(await planned("bucket", bucket, { softDeletePolicy: { retentionDurationSeconds: 604800 } }), {
      softDeletePolicy: "add",
    });
  });

  it("is found for an import by its name alone", async () => {
    const { inputs } = await engine.import(types.bucket, "lab");
    assert.deepEqual([inputs.name, inputs.location], ["lab", "US-CENTRAL1"]);
  });

  it("gives a role to an account that exists", async () => {
    const member = `serviceAccount:${email}`;
    const inputs = { bucket: "lab", role: "roles/storage.objectUser", member };
    assert.match((await engine.check(types.access, { ...inputs, member: email })).join(), /invalid value for member/);
    await assert.rejects(engine.create(types.access, inputs), /Error 400: Service account \S+ does not exist\./);
    account = await engine.create(types.account, { accountId: "backup-lab" });
    access = await engine.create(types.access, inputs);
    assert.deepEqual(await planned("access", access, { role: "roles/storage.admin" }), { role: "update & replace" });
  });

  it("creates a key, whose private half is a secret", async () => {
    key = await engine.create(types.key, { serviceAccountId: account.outputs.name });
    assert.equal(typeof key.outputs.privateKey, "object");
    const { privateKey } = withoutSecretMarks(key.outputs) as { privateKey: string };
    const file = JSON.parse(Buffer.from(privateKey, "base64").toString("utf8"));
    assert.deepEqual([file.type, file.client_email], ["service_account", email]);
    assert.match(file.private_key, /^-----BEGIN PRIVATE KEY-----/);
    assert.match(String(key.outputs.name), /^projects\/my-project\/serviceAccounts\/.*\/keys\/[0-9a-f]{40}$/);
  });

  it("is gone when everything is deleted", async () => {
    await engine.delete(types.key, key);
    await engine.delete(types.access, access);
    await engine.delete(types.account, account);
    await engine.delete(types.bucket, bucket);
    assert.deepEqual((await inventory(test.cloud)).resources, []);
  });
});
