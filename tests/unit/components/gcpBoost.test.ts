import assert from "node:assert/strict";
import { beforeAll, describe, it } from "@jest/globals";
import { parse } from "yaml";
import { workflowSource } from "../../../components/host/gcpBoost.ts";
import { gcpProvider } from "../../../components/host/gcpProvider.ts";
import { GcpVm, type GcpVmArgs } from "../../../components/host/gcpVm.ts";
import { type Resource, runUnderMocks } from "../../support/mocks.ts";

const values = { project: "my-project-123456", zone: "us-central1-a", instance: "lab", machineType: "e2-micro" };

type Steps = Record<
  string,
  { call?: string; args?: Record<string, unknown>; try?: { args: Record<string, unknown> } }
>[];

/** The resources of a VM. */
async function made(boost: GcpVmArgs["boost"]): Promise<Resource[]> {
  const { resources } = await runUnderMocks({}, async () => {
    const gcp = gcpProvider("gcp", { project: values.project, zone: values.zone, labels: {} });
    const { zone, machineType } = values;
    const args = { called: "lab", accountId: "lab-vm", labels: {}, stack: "lab", zone, machineType };
    const disks = { bootDiskGb: 10, dataDiskGb: 20, protectData: true, dailySnapshots: false };
    const open = { sshFrom: ["203.0.113.7/32"], webFrom: ["0.0.0.0/0"], trusted: true };
    new GcpVm("host", { ...args, ...disks, ...open, boost }, { providers: { gcp } });
  });
  return resources;
}

describe("What gives a VM a bigger machine type", () => {
  let resources: Resource[];
  const named = (name: string) => resources.find((each) => each.name === name) as Resource;
  beforeAll(async () => {
    resources = await made({ workflow: "lab-boost", accountId: "boost-lab", project: values.project });
  });

  it("may stop, start and change this VM, and nothing else", () => {
    const [change, wait] = ["host-boost-change", "host-boost-wait"].map(named);
    assert.deepEqual(change?.inputs.permissions, [
      "compute.instances.get",
      "compute.instances.stop",
      "compute.instances.start",
      "compute.instances.setMachineType",
      "compute.instances.setScheduling",
    ]);
    assert.deepEqual(wait?.inputs.permissions, ["compute.zoneOperations.get"]);
    const { instanceName, zone } = named("host-boost-may-change").inputs;
    assert.deepEqual({ instanceName, zone }, { instanceName: "lab", zone: "us-central1-a" });
  });

  it("gets its rights again at a new VM of the same name", () => {
    const { options, dependencies } = named("host-boost-may-change");
    const vm = named("host-vm").urn;
    assert.deepEqual([options.replaceWith, options.deletedWith, dependencies.includes(vm)], [[vm], vm, true]);
  });

  it("is made only if it is asked for", async () => {
    const others = await made(undefined);
    assert.deepEqual(
      others.filter(({ name }) => name.includes("boost")),
      [],
    );
  });

  it("goes back to the machine type in the settings, and to a VM without an end", () => {
    const program = parse(workflowSource({ ...values, machineType: "e2-small" })) as { go_back: { steps: Steps } };
    const { machineType, scheduling } = program.go_back.steps[0]?.attempt?.try?.args ?? {};
    assert.equal(machineType, "e2-small");
    const standard = { provisioningModel: "STANDARD", preemptible: false, automaticRestart: true };
    const endless = { instanceTerminationAction: null, maxRunDuration: null };
    assert.deepEqual(scheduling, { ...standard, onHostMaintenance: "MIGRATE", ...endless });
  });

  it("changes only this VM", () => {
    const program = parse(workflowSource(values)) as Record<string, { steps: Steps }>;
    const calls = Object.values(program).flatMap(({ steps }) => steps.flatMap((step) => Object.values(step)));
    const atGoogle = calls.filter(({ call }) => call?.startsWith("googleapis."));
    assert.equal(atGoogle.length, 6);
    for (const { args } of atGoogle) {
      const { project, zone, instance } = args ?? {};
      assert.deepEqual({ project, zone, instance }, { project: values.project, zone: values.zone, instance: "lab" });
    }
  });
});
