import assert from "node:assert/strict";
import { beforeAll, describe, it } from "@jest/globals";
import { gcpProvider } from "../../../components/host/gcpProvider.ts";
import { GcpVm, type GcpVmArgs, keysOf } from "../../../components/host/gcpVm.ts";
import { MARKER, openTexts, type Resource, runUnderMocks, secretOf } from "../../support/mocks.ts";

const args: GcpVmArgs = {
  called: "jupyter-up-test",
  accountId: "jupyter-up-test",
  labels: { "jupyter-up": "jupyter-up-test" },
  stack: "test",
  zone: "us-central1-a",
  machineType: "e2-micro",
  bootDiskGb: 10,
  dataDiskGb: 20,
  protectData: true,
  dailySnapshots: true,
  sshFrom: ["203.0.113.7/32"],
  webFrom: ["173.245.48.0/20"],
  trusted: true,
};

/** The resources of a VM, and of a command on it. */
async function made(changes: Partial<GcpVmArgs> = {}, config: Record<string, string> = {}): Promise<Resource[]> {
  const { resources } = await runUnderMocks(config, async () => {
    const gcp = gcpProvider("gcp", { project: "my-project-123456", zone: args.zone, labels: { site: "lab" } });
    const host = new GcpVm("host", { ...args, ...changes }, { providers: { gcp } });
    const command = { create: "site-apply 'x'", delete: "site-apply down", stdin: "text" };
    host.command("host-command", command, { parent: host });
  });
  return resources;
}

function only(resources: Resource[], type: string): Resource {
  const found = resources.filter((each) => each.type === type);
  assert.equal(found.length, 1, type);
  return found[0] as Resource;
}

const INSTANCE = "gcp:compute/instance:Instance";
const DISK = "gcp:compute/disk:Disk";
const SNAPSHOT = "gcp:compute/snapshot:Snapshot";
const named = (resources: Resource[], name: string) => resources.find((each) => each.name === name) as Resource;

/** Whole seconds until the command provider gives up on a port that refuses connections, and on one that drops packets. */
function givenUpAfter(connection: unknown): { refused: number; dropped: number } {
  const { dialErrorLimit, perDialTimeout } = connection as { dialErrorLimit: number; perDialTimeout: number };
  let refused = 0;
  for (let failures = 0, pause = 0.1; failures < dialErrorLimit; failures++, pause = Math.min(pause * 1.5, 5))
    refused += pause;
  return { refused: Math.floor(refused), dropped: Math.floor(refused + (dialErrorLimit + 1) * perDialTimeout) };
}

describe("A VM on Google Cloud", () => {
  let resources: Resource[];
  beforeAll(async () => {
    resources = await made();
  });

  it("has the same resource names in the state as in every earlier version", () => {
    assert.deepEqual(keysOf("host"), {
      vm: "gcp:compute/instance:Instance::host-vm",
      dataDisk: "gcp:compute/disk:Disk::host-data",
      address: "gcp:compute/address:Address::host-address",
      snapshots: "gcp:compute/resourcePolicy:ResourcePolicy::host-snapshots",
    });
    const keys = resources.map(({ type, name }) => `${type}::${name}`);
    for (const key of Object.values(keysOf("host"))) assert.ok(keys.includes(key), key);
  });

  it("gets time to boot before provisioning: at its first boot and after a change of its machine type", async () => {
    const patience = (name: string) => givenUpAfter(secretOf(named(resources, name).inputs.connection));
    assert.deepEqual(patience("host-provision"), { refused: 161, dropped: 243 });
    assert.deepEqual(patience("host-command"), { refused: 26, dropped: 54 });
    const other = named(await made({ machineType: "e2-small" }), "host-provision");
    assert.notEqual(other.inputs.create, named(resources, "host-provision").inputs.create, "or nobody would wait");
  });

  it("has one firewall rule for SSH from sshFrom and one for the site from webFrom", () => {
    const rules = resources
      .filter(({ type }) => type === "gcp:compute/firewall:Firewall")
      .map(({ inputs }) => [inputs.sourceRanges, inputs.allows, inputs.targetTags]);
    const tag = ["jupyter-up-test"];
    assert.deepEqual(rules, [
      [["203.0.113.7/32"], [{ protocol: "tcp", ports: ["22"] }], tag],
      [["173.245.48.0/20"], [{ protocol: "tcp", ports: ["443", "80"] }], tag],
    ]);
    assert.deepEqual(only(resources, INSTANCE).inputs.tags, tag);
  });

  it("has no rule for a site that only an SSH forward reaches, which publishes its ports on the loopback address", async () => {
    const rules = (await made({ forwarded: { port: 8443, httpPort: 8080 } })).filter(
      ({ type }) => type === "gcp:compute/firewall:Firewall",
    );
    assert.deepEqual(
      rules.map(({ inputs }) => inputs.allows),
      [[{ protocol: "tcp", ports: ["22"] }]],
    );
  });

  it("uses the free tier: the smallest machine, disks of the size in the settings, and the standard network", () => {
    const { machineType, bootDisk, networkInterfaces } = only(resources, INSTANCE).inputs;
    assert.equal(machineType, "e2-micro");
    const image = "debian-cloud/debian-13";
    const { labels } = args;
    assert.deepEqual(bootDisk, { initializeParams: { image, size: 10, type: "pd-standard", labels } });
    // Otherwise the labels would replace the VM of an older stack.
    assert.deepEqual(only(resources, INSTANCE).options.ignoreChanges, ["bootDisk.initializeParams.labels"]);
    assert.deepEqual(networkInterfaces, [
      {
        subnetwork: "host-subnetwork-id",
        accessConfigs: [{ natIp: "198.51.100.7", networkTier: "STANDARD" }],
      },
    ]);
    assert.equal(only(resources, "gcp:compute/address:Address").inputs.networkTier, "STANDARD");
    assert.deepEqual([only(resources, DISK).inputs.size, only(resources, DISK).inputs.type], [20, "pd-standard"]);
  });

  it("has its own network and its own service account without roles", () => {
    assert.equal(only(resources, "gcp:compute/network:Network").inputs.autoCreateSubnetworks, false);
    const types = new Set(
      resources.map(({ type }) => type).filter((type) => /iam|serviceaccount|projects/i.test(type)),
    );
    assert.deepEqual([...types], ["gcp:serviceaccount/account:Account"]);
  });

  it("is in the project and zone of the settings, through an explicit provider", () => {
    const provider = only(resources, "pulumi:providers:gcp");
    assert.deepEqual(provider.inputs, {
      project: "my-project-123456",
      region: "us-central1",
      zone: "us-central1-a",
      defaultLabels: '{"site":"lab"}',
    });
    for (const { type, name, inputs, options } of resources) {
      if (!type.startsWith("gcp:")) continue;
      assert.equal(options.provider, `${provider.urn}::gcp-id`, name);
      if (/Instance|Disk/.test(type)) assert.equal(inputs.zone, args.zone, name);
      if (/Subnetwork|Address|:ResourcePolicy/.test(type)) assert.equal(inputs.region, "us-central1", name);
    }
  });

  it("passes the stack's gcp config on to that provider, with encrypted values as secrets", async () => {
    const config = {
      "gcp:credentials": `{"client_email":"${MARKER}"}`,
      "gcp:userProjectOverride": "true",
      "gcp:defaultLabels": '{"team":"maths"}',
      "gcp:project": "another-project",
    };
    const { inputs } = only(await made({}, config), "pulumi:providers:gcp");
    assert.equal(secretOf(inputs.credentials), config["gcp:credentials"]);
    assert.equal(secretOf(inputs.userProjectOverride), "true");
    assert.equal(secretOf(inputs.defaultLabels), '{"site":"lab","team":"maths"}');
    assert.equal(inputs.project, "my-project-123456");
  });

  it("applies `transform`, given as arguments or as a function", async () => {
    const instance = { description: "the lab's" };
    const disk: NonNullable<GcpVmArgs["transform"]>["disk"] = (args, opts, name) => {
      args.labels = { name };
      opts.protect = false;
    };
    const changed = await made({ transform: { instance, disk, address: { description: "fixed" } } });
    assert.equal(only(changed, INSTANCE).inputs.description, "the lab's");
    assert.equal(only(changed, INSTANCE).inputs.machineType, "e2-micro");
    assert.deepEqual(only(changed, DISK).inputs.labels, { name: "host-data" });
    assert.equal(only(changed, DISK).options.protect, false);
    assert.equal(only(changed, "gcp:compute/address:Address").inputs.description, "fixed");
    assert.equal("transform" in only(changed, "jupyter-up:index:GcpVm").inputs, false, "a function is not an input");
  });

  it("accepts the stack's SSH key and no key of the Google project", () => {
    const metadata = only(resources, INSTANCE).inputs.metadata as Record<string, unknown>;
    assert.equal(metadata["block-project-ssh-keys"], "TRUE");
    assert.equal(metadata["enable-oslogin"], "FALSE");
    assert.equal(metadata["ssh-keys"], "jupyter-up:ssh-ed25519 host-user-key jupyter-up");
    const script = String(secretOf(metadata["startup-script"]));
    assert.ok(script.startsWith("#!/bin/sh\n"));
    assert.ok(script.includes(`\n${MARKER}-host-host-key\n`));
  });

  it("has no secret readable in the state or a preview", () => {
    for (const { name, inputs } of resources)
      for (const text of openTexts(inputs)) assert.equal(text.includes(MARKER), false, name);
  });

  it("may be stopped for an update, and is deleted before its replacement is created", () => {
    const { inputs, options } = only(resources, INSTANCE);
    assert.equal(inputs.allowStoppingForUpdate, true);
    assert.equal(options.deleteBeforeReplace, true);
    assert.equal(options.protect, false, "the work is not on it");
  });

  it("runs commands as root with a pinned host key, and runs them again on a replaced VM", () => {
    const commands = resources.filter(({ type }) => type === "command:remote:Command");
    assert.deepEqual(
      commands.map(({ name }) => name),
      ["host-provision", "host-command"],
    );
    const vm = only(resources, INSTANCE).urn;
    for (const { name, inputs, options } of commands) {
      const connection = secretOf(inputs.connection) as Record<string, unknown>;
      assert.equal(connection.host, "198.51.100.7", name);
      assert.equal(connection.hostKey, "ssh-ed25519 host-host-key", name);
      assert.ok(String(connection.privateKey).includes(`${MARKER}-host-user-key`), name);
      assert.match(String(inputs.create), /^sudo -n sh -c '/, name);
      assert.equal(inputs.addPreviousOutputInEnv, false, name);
      assert.deepEqual([options.deletedWith, options.replaceWith], [vm, [vm]], name);
    }
    assert.equal(named(resources, "host-command").inputs.create, "sudo -n sh -c 'site-apply '\\''x'\\'''");
  });

  it("runs no delete command, which could reach the VM that has the address by then", () => {
    assert.equal(named(resources, "host-command").inputs.delete, undefined);
  });

  it("is provisioned before any other command, and after the SSH firewall rule", () => {
    const provision = named(resources, "host-provision");
    assert.ok(named(resources, "host-command").dependencies.includes(provision.urn));
    assert.ok(provision.dependencies.includes(named(resources, "host-ssh-firewall").urn));
    assert.match(
      String(provision.inputs.create),
      /provision \/srv\/jupyter-up \/dev\/disk\/by-id\/google-data 20 \/dev\/disk\/by-id\/google-persistent-disk-0 10 e2-micro'$/,
    );
  });

  it("has a protected data disk with daily snapshots", () => {
    const disk = only(resources, DISK);
    assert.equal(disk.options.protect, true);
    const { createSnapshotBeforeDestroy, createSnapshotBeforeDestroyPrefix } = disk.inputs;
    assert.deepEqual(
      [createSnapshotBeforeDestroy, createSnapshotBeforeDestroyPrefix],
      [true, "jupyter-up-test-data"],
      "--ignore-protect leaves a snapshot",
    );
    assert.equal("deletionProtection" in only(resources, INSTANCE).inputs, false);
    assert.deepEqual(only(resources, INSTANCE).inputs.attachedDisks, [
      { source: "host-data-link", deviceName: "data" },
    ]);
    const { inputs, options } = only(resources, "gcp:compute/resourcePolicy:ResourcePolicy");
    assert.deepEqual(
      options.ignoreChanges,
      ["snapshotSchedulePolicy.snapshotProperties"],
      "Google does not change them",
    );
    assert.deepEqual(inputs.snapshotSchedulePolicy, {
      schedule: { dailySchedule: { daysInCycle: 1, startTime: "05:00" } },
      retentionPolicy: { maxRetentionDays: 14, onSourceDiskDelete: "APPLY_RETENTION_POLICY" },
      snapshotProperties: { storageLocations: "us-central1", labels: args.labels },
    });
    const attachment = only(resources, "gcp:compute/diskResourcePolicyAttachment:DiskResourcePolicyAttachment");
    assert.equal(attachment.inputs.disk, "jupyter-up-test-data-us-central1-a");
  });
});

describe("A VM without daily snapshots", () => {
  it("still has a last snapshot if Pulumi deletes its disk", async () => {
    const resources = await made({ dailySnapshots: false });
    for (const { type } of resources) assert.doesNotMatch(type, /ResourcePolicy/);
    assert.equal(only(resources, DISK).inputs.createSnapshotBeforeDestroy, true);
  });
});

describe("A VM without a data disk", () => {
  it("has no snapshots, and is protected itself", async () => {
    const resources = await made({ dataDiskGb: 0 });
    for (const { type } of resources) assert.doesNotMatch(type, /Disk|ResourcePolicy/);
    assert.equal(only(resources, INSTANCE).options.protect, true);
    assert.equal(only(resources, INSTANCE).inputs.deletionProtection, true, "--ignore-protect deletes it otherwise");
    const create = String(named(resources, "host-provision").inputs.create).replaceAll("'\\''", "'");
    assert.match(create, / \/srv\/jupyter-up '' '' \/dev\/disk\/by-id\/google-persistent-disk-0 10 e2-micro'$/);
    const unprotected = await made({ dataDiskGb: 0, protectData: false });
    assert.equal(only(unprotected, INSTANCE).inputs.deletionProtection, false);
  });
});

describe("A VM that moves to another zone", () => {
  const moved = { zone: "us-central1-b", dataComesFrom: "us-central1-a", protectData: false };

  it("gets its work from a snapshot of the old disk, taken after the old VM is deleted", async () => {
    const resources = await made(moved);
    const snapshot = only(resources, SNAPSHOT);
    const { sourceDisk, zone, name } = snapshot.inputs;
    assert.deepEqual([sourceDisk, zone], ["jupyter-up-test-data-us-central1-a", "us-central1-a"]);
    assert.equal(name, "jupyter-up-test-to-us-central1-b");
    const generation = only(resources, "pulumi:index:Stash");
    assert.equal(generation.options.deleteBeforeReplace, true);
    assert.ok(snapshot.dependencies.includes(generation.urn));
    assert.equal(generation.inputs.input, "us-central1-b");
    const disk = only(resources, DISK);
    assert.equal(disk.inputs.createSnapshotBeforeDestroy, false, "it may go");
    assert.equal(disk.inputs.snapshot, "host-data-on-the-way-link");
    assert.deepEqual(disk.options.ignoreChanges, [], "or the new disk would be blank");
    assert.equal(disk.options.deleteBeforeReplace, false, "or there would be no way back");
  });

  it("keeps the new disk when the snapshot is removed", async () => {
    const resources = await made({ ...moved, dataComesFrom: undefined });
    assert.equal(
      resources.some(({ type }) => type === SNAPSHOT),
      false,
    );
    assert.deepEqual(only(resources, DISK).options.ignoreChanges, ["snapshot"]);
  });
});
