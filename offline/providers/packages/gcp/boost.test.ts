import assert from "node:assert/strict";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { inventory } from "../../../cloud/inventory.ts";
import { openTestCloud, type TestCloud } from "../../testing/cloud.ts";
import type { Resource, TestEngine } from "../../testing/engine.ts";

const types = {
  account: "gcp:serviceaccount/account:Account",
  role: "gcp:projects/iAMCustomRole:IAMCustomRole",
  atProject: "gcp:projects/iAMMember:IAMMember",
  atAccount: "gcp:serviceaccount/iAMMember:IAMMember",
  atInstance: "gcp:compute/instanceIAMMember:InstanceIAMMember",
  workflow: "gcp:workflows/workflow:Workflow",
};
const program = "main:\n  steps:\n    - done:\n        return: 1\n";

describe("roles and workflows in the fake Google Cloud", () => {
  let test: TestCloud;
  let engine: TestEngine;
  let account: Resource;
  let role: Resource;
  const member = () => `serviceAccount:${account.outputs.email}`;
  beforeAll(async () => {
    test = await openTestCloud();
    engine = test.engine;
    account = await engine.create(types.account, { accountId: "boost-lab" });
  });
  afterAll(() => test.close());

  it("have a role of the project's own, whose name has underscores", async () => {
    const refused = await engine.check(types.role, { roleId: "lab-change", title: "Lab", permissions: [] });
    assert.match(refused.join(), /"role_id" \("lab-change"\) doesn't match regexp/);
    role = await engine.create(types.role, {
      roleId: "lab_change",
      title: "Lab",
      permissions: ["compute.instances.get"],
    });
    assert.equal(role.outputs.name, "projects/my-project/roles/lab_change");
  });

  it("give only existing roles to existing accounts", async () => {
    const give = (changes: object) =>
      engine.create(types.atProject, { project: "my-project", role: role.outputs.name, member: member(), ...changes });
    await assert.rejects(
      give({ role: "projects/my-project/roles/other" }),
      /Error 400: Role \(projects\/my-project\/roles\/other\) does not/,
    );
    const nobody = "serviceAccount:nobody@my-project.iam.gserviceaccount.com";
    await assert.rejects(give({ member: nobody }), /Error 400: Service account nobody@my-project\S+ does not exist/);
    const at = { role: role.outputs.name, member: member() };
    const atAccount = {
      serviceAccountId: account.outputs.name,
      role: "roles/iam.serviceAccountUser",
      member: member(),
    };
    const given: [type: string, resource: Resource][] = [
      [types.atProject, await give({})],
      [types.atInstance, await engine.create(types.atInstance, { instanceName: "lab", ...at })],
      [types.atAccount, await engine.create(types.atAccount, atAccount)],
    ];
    for (const [type, resource] of given) await engine.delete(type, resource);
  });

  it("have a program that is read when it is created, and protection unless it is switched off", async () => {
    const made = (inputs: object) => engine.create(types.workflow, { name: "lab", region: "us-central1", ...inputs });
    await assert.rejects(made({ sourceContents: "main:\n  steps: [" }), /Error 400: main\.yaml: parse error/);
    await assert.rejects(made({ sourceContents: "other: {}" }), /missing required subworkflow 'main'/);
    const kept = await made({ sourceContents: program });
    assert.equal(kept.id, "projects/my-project/locations/us-central1/workflows/lab");
    await assert.rejects(
      engine.delete(types.workflow, kept),
      /cannot destroy workflow without setting deletion_protection=false/,
    );
    const free = await engine.update(types.workflow, kept, { ...kept.inputs, deletionProtection: false });
    assert.match(String(free.outputs.revisionId), /^000002-/);
    await engine.delete(types.workflow, free);
  });

  it("leave nothing behind", async () => {
    await engine.delete(types.role, role);
    await engine.delete(types.account, account);
    assert.deepEqual((await inventory(test.cloud)).resources, []);
  });
});
