import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { inventory } from "../../offline/cloud/inventory.ts";
import type { Fault } from "../../offline/providers/packages/gcp/faults.ts";
import { CloudStack, onGoogle } from "./support/cloudStack.ts";

const NETWORK = "gcp:compute/network:Network";
const VM = "gcp:compute/instance:Instance";

/** No VM is created in these tests. Each continues with the stack of the test before it. */
describe("the messages about a site on Google Cloud before it exists", () => {
  let stack: CloudStack;

  const refuse = (...faults: Fault[]) => writeFile(join(stack.cloud.folder, "faults.json"), JSON.stringify(faults));
  const up = (...flags: string[]) => stack.pulumi("up", "--yes", "--skip-preview", ...flags);

  beforeAll(async () => {
    stack = await CloudStack.make({ ...onGoogle, protectData: true });
  });
  afterAll(async () => {
    await refuse();
    await stack?.write({ protectData: false });
    await stack?.destroy();
    await stack?.remove();
  });

  it("a preview names settings that are not free, and the URL to register at the identity provider", async () => {
    const { signIn } = stack.settings;
    const okta = { provider: "okta", domain: "dev-123456.okta.com", clientId: "0oa1" };
    await stack.write({ machineType: "e2-small", signIn: okta });
    await stack.pulumi("config", "set", "--secret", "--path", "signIn.clientSecret", "a-secret-of-okta");
    const { code, text } = await stack.pulumi("preview");
    assert.equal(code, 0, text);
    assert.match(text, /machineType: the only free machine type is e2-micro.*pulumi config set machineType e2-micro/);
    assert.match(text, /At Okta, register this .*: https:\/\/vouch\.lab\.example\.com\/auth/);
    await stack.write({ machineType: "e2-micro", signIn });
    const free = (await stack.pulumi("preview")).text;
    assert.match(free, /stay within Google's free tier\. Google also charges for traffic/);
    assert.match(free, /about 40 minutes on an e2-micro/);
    assert.doesNotMatch(free, /unable to detect a global setting/);
    assert.doesNotMatch(free, /register this/);
  });

  it("missing permissions are reported with readable messages, IAM's included", async () => {
    // The account comes first, because a run that does not refuse it creates it.
    const fault = { fault: "permission denied", operation: "create" } as const;
    await refuse({ ...fault, type: "gcp:serviceaccount/account:Account" }, { ...fault, type: NETWORK });
    // Without this flag, the engine stops at the first error.
    const { code, text } = await up("--continue-on-error");
    assert.notEqual(code, 0);
    for (const [right, role] of [
      ["iam.serviceAccounts.create", "iam.serviceAccountAdmin"],
      ["compute.networks.create", "compute.admin"],
    ])
      assert.match(
        text,
        new RegExp(
          `lacks the permission ${right}[\\s\\S]*\n +gcloud projects add-iam-policy-binding .*roles/${role}\n`,
        ),
      );
  });

  // Errors of the network come before those of the VM, so that no VM is created.
  const cases: [name: string, fault: Omit<Fault, "operation">, words: RegExp][] = [
    [
      "an API that is disabled",
      { type: NETWORK, fault: "api not enabled" },
      /This Google API is disabled[\s\S]*\n +gcloud services enable compute\.googleapis\.com --project/,
    ],
    [
      "a project without billing",
      { type: NETWORK, fault: "billing disabled" },
      /no billing account[\s\S]*\n +gcloud billing projects link my-project-123456 /,
    ],
    ["an exceeded quota", { type: NETWORK, fault: "quota exceeded" }, /quota of \w+ is \d+[\s\S]*\n +pulumi up\n/],
    [
      "a project that does not exist",
      {
        type: NETWORK,
        fault: "other",
        message: "googleapi: Error 404: The resource 'projects/my-project-123456' was not found, notFound",
      },
      /The project my-project-123456 does not exist[\s\S]*\n +pulumi config set project/,
    ],
    [
      "a service account that the user may not use",
      { type: VM, fault: "account not usable" },
      /is not allowed to run a VM as [\s\S]*\n +gcloud projects add-iam-policy-binding .*roles\/iam\.serviceAccountUser\n/,
    ],
    [
      "a zone without capacity",
      { type: VM, fault: "zone exhausted" },
      /no capacity for the VM in us-central1-a right now[\s\S]*\n +pulumi config set zone us-central1-c\n/,
    ],
  ];
  for (const [name, fault, words] of cases)
    it(`${name} is reported with a readable message and the command that fixes it`, async () => {
      await refuse({ ...fault, operation: "create" });
      const { code, text } = await up();
      assert.notEqual(code, 0);
      assert.match(text, words);
    });

  it("`pulumi destroy` keeps the protected data disk, and names it", async () => {
    const { code, text } = await stack.destroy();
    assert.notEqual(code, 0);
    assert.match(text, /host-data.* protect/s);
    assert.match(text, /protectData protects it[\s\S]*\n +pulumi config set protectData false && pulumi up\n/);
    assert.ok(
      (await inventory(stack.cloud)).resources.includes(
        "projects/my-project-123456/zones/us-central1-a/disks/jupyter-up-lab-data-us-central1-a",
      ),
    );
  });

  it("`--ignore-protect` is refused with the command that allows the disk's deletion", async () => {
    const { code, text } = await stack.pulumi("destroy", "--yes", "--skip-preview", "--ignore-protect");
    assert.notEqual(code, 0);
    assert.match(text, /would delete the disk with your work[\s\S]*pulumi config set protectData false && pulumi up/);
  });

  it("`pulumi destroy` deletes everything once the disk is not protected", async () => {
    await stack.write({ protectData: false });
    await up();
    const { code, text } = await stack.destroy();
    assert.equal(code, 0, text);
    assert.deepEqual(await inventory(stack.cloud), { resources: [], containers: [], networks: [] });
  });
});
