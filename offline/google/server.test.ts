import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { workflowSource } from "../../components/host/gcpBoost.ts";
import { type Cloud, openCloud } from "../cloud/folder.ts";
import { createRecord } from "../cloud/records.ts";
import { connector } from "./compute.ts";
import { ApiError } from "./errors.ts";
import { Executions } from "./executions.ts";
import { skus } from "./prices.ts";
import { rightsOf } from "./rights.ts";

const workflow = "projects/p/locations/us-central1/workflows/lab-boost";
const vm = "projects/p/zones/us-central1-a/instances/lab";
const account = "boost@p.iam.gserviceaccount.com";
const names = { project: "p", zone: "us-central1-a", instance: "lab" };

describe("The fake of Google's APIs", () => {
  let cloud: Cloud;
  const record = (path: string, type: string, properties: Record<string, unknown>) =>
    createRecord(cloud, { path, type, uses: [], properties });
  beforeAll(async () => {
    cloud = openCloud(await mkdtemp(join(tmpdir(), "fake-cloud-")));
    const sourceContents = workflowSource({ ...names, machineType: "e2-micro" });
    await record(workflow, "gcp:workflows/workflow:Workflow", {
      sourceContents,
      serviceAccount: `projects/p/serviceAccounts/${account}`,
    });
    await record(vm, "gcp:compute/instance:Instance", {
      name: "lab",
      machineType: "e2-micro",
      currentStatus: "RUNNING",
    });
    await record("projects/p/roles/change", "gcp:projects/iAMCustomRole:IAMCustomRole", {
      permissions: ["compute.instances.get"],
    });
  });
  afterAll(() => rm(cloud.folder, { recursive: true }));

  it("ends an execution with the words of the API if the account has no right", async () => {
    const executions = new Executions(cloud, 100_000);
    const { name } = await executions.create(workflow, JSON.stringify({ back: true }));
    for (let tries = 0; executions.get(name).state === "ACTIVE" && tries < 100; tries++) await pause(50);
    const { state, error } = executions.get(name);
    assert.equal(state, "FAILED");
    assert.match(error?.payload ?? "", /Required 'compute\.instances\.get' permission for 'projects\/p\/zones/);
    assert.throws(() => executions.cancel(name), /execution is not active/);
  });

  it("lets an account do what its role at this VM says, and nothing at another one", async () => {
    await record("projects/p/iam/m1", "gcp:compute/instanceIAMMember:InstanceIAMMember", {
      instanceName: "lab",
      role: "projects/p/roles/change",
      member: `serviceAccount:${account}`,
    });
    const call = (verb: string, at = names) =>
      connector(cloud, `googleapis.compute.v1.instances.${verb}`, at, rightsOf(cloud, account));
    assert.deepEqual(await call("get"), {
      name: "lab",
      status: "RUNNING",
      machineType: "https://www.googleapis.com/compute/v1/projects/p/zones/us-central1-a/machineTypes/e2-micro",
      scheduling: {},
    });
    await assert.rejects(call("stop"), /Required 'compute\.instances\.stop' permission/);
    await assert.rejects(call("get", { ...names, instance: "other" }), /Required 'compute\.instances\.get' permission/);
  });

  it("changes a VM only while it is off", async () => {
    const call = (verb: string, body: object) =>
      connector(cloud, `googleapis.compute.v1.instances.${verb}`, { ...names, body }, async () => {});
    for (const verb of ["setMachineType", "setScheduling", "start"])
      await assert.rejects(call(verb, {}), /Instance must be stopped before this operation/);
    await assert.rejects(call("delete", {}), /does not know the call/);
  });

  it("refuses a permission in the API's form, and has its prices on pages", async () => {
    assert.deepEqual(new ApiError(404, "no", "notFound").body, {
      error: { code: 404, message: "no", errors: [{ message: "no", domain: "global", reason: "notFound" }] },
    });
    const first = skus(null);
    assert.equal(first.skus.length, 5);
    assert.notEqual(skus(first.nextPageToken).skus[0]?.description, first.skus[0]?.description);
  });
});
