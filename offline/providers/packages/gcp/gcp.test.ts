import assert from "node:assert/strict";
import { open, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { inventory } from "../../../cloud/inventory.ts";
import { UNKNOWN } from "../../resource.ts";
import { openTestCloud, type TestCloud } from "../../testing/cloud.ts";
import type { Resource, TestEngine } from "../../testing/engine.ts";
import { firewall } from "./firewall.ts";

const types = {
  network: "gcp:compute/network:Network",
  subnetwork: "gcp:compute/subnetwork:Subnetwork",
  firewall: "gcp:compute/firewall:Firewall",
  address: "gcp:compute/address:Address",
  disk: "gcp:compute/disk:Disk",
  snapshot: "gcp:compute/snapshot:Snapshot",
  policy: "gcp:compute/resourcePolicy:ResourcePolicy",
  attachment: "gcp:compute/diskResourcePolicyAttachment:DiskResourcePolicyAttachment",
  account: "gcp:serviceaccount/account:Account",
  instance: "gcp:compute/instance:Instance",
};

const rule = { network: "site", allows: [{ protocol: "tcp", ports: ["22"] }], sourceRanges: ["127.0.0.1/32"] };

const vm = {
  name: "vm",
  machineType: "e2-micro",
  zone: "us-central1-a",
  bootDisk: { initializeParams: { image: "debian-cloud/debian-13", size: 10 } },
  networkInterfaces: [{ network: "site", accessConfigs: [{}] }],
  metadata: { "ssh-keys": "ann:ssh-ed25519 AAAA" },
};

/** An instance as the engine's state has it: planning its changes needs no machine. */
const vmState: Resource = {
  id: "projects/my-project/zones/us-central1-a/instances/vm",
  inputs: vm,
  outputs: { ...vm, project: "my-project" },
};

describe("the fake Google Cloud, without a machine", () => {
  let test: TestCloud;
  let engine: TestEngine;
  const made: Partial<Record<keyof typeof types, Resource>> = {};

  beforeAll(async () => {
    test = await openTestCloud();
    engine = test.engine;
  });

  afterAll(() => test.close());

  const create = (type: keyof typeof types, inputs: object) => engine.create(types[type], { ...inputs });
  const remove = (type: keyof typeof types) => engine.delete(types[type], made[type] as Resource);
  const faults = (...list: object[]) => writeFile(join(test.cloud.folder, "faults.json"), JSON.stringify(list));

  /** Runs with some environment variables changed or unset. */
  async function within(variables: Record<string, string | undefined>, deed: () => Promise<unknown>): Promise<void> {
    const before = { ...process.env };
    try {
      for (const [name, value] of Object.entries(variables)) {
        if (value === undefined) delete process.env[name];
        else process.env[name] = value;
      }
      await deed();
    } finally {
      process.env = before;
    }
  }

  it("refuses missing credentials with the provider's message", async () => {
    const nobody = { GOOGLE_CREDENTIALS: undefined, CLOUDSDK_CONFIG: "/nonexistent" };
    await within({ ...nobody, GOOGLE_APPLICATION_CREDENTIALS: undefined }, () =>
      assert.rejects(engine.checkConfig({}), (error: Error) => {
        assert.match(error.message, /^failed to load application credentials\.\n/);
        assert.match(error.message, /google: could not find default credentials\. See https:/);
        return true;
      }),
    );
    await within({ ...nobody, GOOGLE_APPLICATION_CREDENTIALS: undefined }, async () => {
      await assert.rejects(engine.check(types.network, {}), /could not find default credentials/);
      assert.deepEqual(await engine.checkConfig({ credentials: '{"client_email":"up@my-project"}' }), []);
    });
    await within({ GOOGLE_CREDENTIALS: "{ no JSON" }, () =>
      assert.rejects(engine.check(types.network, {}), /neither valid json nor a valid file path/),
    );
  });

  it("warns with the provider's message that no project is configured, unless the warning is disabled", async () => {
    const said = () => engine.messages.map(({ text }) => text);
    await engine.checkConfig({});
    assert.deepEqual(said(), [], "the environment sets one");
    await within({ GOOGLE_PROJECT: undefined }, async () => {
      await engine.checkConfig({ disableGlobalProjectWarning: "true" });
      assert.deepEqual(said(), []);
      await engine.checkConfig({});
      assert.match(said().join(), /^unable to detect a global setting for GCP Project\.\nPulumi will rely on/);
    });
  });

  it("reads configuration that is not text as JSON, and warns of an unknown region", async () => {
    assert.deepEqual(await engine.checkConfig({ defaultLabels: '{"team":"maths"}', userProjectOverride: "true" }), []);
    await assert.rejects(engine.checkConfig({ defaultLabels: "team=maths" }), /because of malformed resource inputs/);
    const before = engine.messages.length;
    await engine.checkConfig({ project: "my-project", region: "us-central1" });
    assert.equal(engine.messages.length, before);
    await engine.checkConfig({ project: "my-project", region: "mars" });
    assert.match(engine.messages.at(-1)?.text ?? "", /^region "mars" is not available for project "my-project"\./);
  });

  it("requires a project, a region and a zone", async () => {
    await within({ GOOGLE_PROJECT: undefined }, () =>
      assert.rejects(engine.check(types.network, {}), /project: required field is not set/),
    );
    await within({ GOOGLE_ZONE: undefined }, () =>
      assert.rejects(engine.check(types.disk, {}), /Cannot determine zone: set in this resource/),
    );
    await within({ GOOGLE_ZONE: undefined, GOOGLE_REGION: undefined }, () =>
      assert.rejects(engine.check(types.address, {}), /Cannot determine region: set in this resource/),
    );
  });

  it("refuses missing and invalid inputs", async () => {
    assert.deepEqual(await engine.check(types.instance, { machineType: "e2-micro", bootDisk: {} }), [
      'networkInterfaces: Missing required argument. The argument "network_interfaces" is required, but no definition was found',
    ]);
    assert.match(
      (await engine.check(types.firewall, { ...rule, name: "Bad_Name" })).join(),
      /"name" \("Bad_Name"\) doesn't match/,
    );
    assert.match((await engine.check(types.firewall, { network: "site" })).join(), /`allow,deny` must be specified/);
    assert.match(
      (await engine.check(types.firewall, { ...rule, sourceRanges: ["everywhere"] })).join(),
      /not a valid CIDR/,
    );
    assert.match(
      (await engine.check(types.account, { accountId: "vm" })).join(),
      /"account_id" \("vm"\) doesn't match/,
    );
    assert.match(
      (await engine.check(types.subnetwork, { network: "site", ipCidrRange: "10.0.0" })).join(),
      /not a valid IP CIDR/,
    );
    assert.deepEqual(await engine.check(types.firewall, { ...rule, name: UNKNOWN, sourceRanges: UNKNOWN }), []);
  });

  it("knows the inputs in a preview, but not the cloud's outputs", async () => {
    const { outputs } = await engine.create(types.address, { name: "ip" }, { preview: true });
    assert.deepEqual(
      [outputs.name, outputs.project, outputs.region, outputs.address],
      ["ip", "my-project", "us-central1", UNKNOWN],
    );
    assert.deepEqual((await inventory(test.cloud)).resources, []);
  });

  it("generates a name if none is given", async () => {
    const { id, outputs } = await create("network", {});
    assert.match(id, /^projects\/my-project\/global\/networks\/it-[0-9a-f]{7}$/);
    await engine.delete(types.network, { id, inputs: {}, outputs });
  });

  it("creates everything that needs no machine", async () => {
    made.network = await create("network", { name: "site", autoCreateSubnetworks: false });
    const { selfLink } = made.network.outputs;
    assert.equal(selfLink, "https://www.googleapis.com/compute/v1/projects/my-project/global/networks/site");
    made.subnetwork = await create("subnetwork", { name: "site", network: selfLink, ipCidrRange: "10.0.0.0/24" });
    assert.equal(made.subnetwork.outputs.gatewayAddress, "10.0.0.1");
    made.firewall = await create("firewall", { ...rule, name: "ssh", network: made.network.id });
    made.address = await create("address", { name: "ip", networkTier: "STANDARD", labels: { app: "lab" } });
    assert.match(String(made.address.outputs.address), /^127\.([1-9]|[1-9]\d|[12]\d\d)\.\d+\.\d+$/);
    assert.deepEqual(made.address.outputs.effectiveLabels, { app: "lab", "goog-pulumi-provisioned": "true" });
    made.disk = await create("disk", { name: "data", size: 20 });
    made.policy = await create("policy", { name: "daily" });
    made.attachment = await create("attachment", { disk: "data", name: "daily" });
    made.account = await create("account", { accountId: "site-vm" });
    assert.equal(made.account.outputs.email, "site-vm@my-project.iam.gserviceaccount.com");
    assert.deepEqual((await inventory(test.cloud)).resources, [
      "projects/my-project/global/firewalls/ssh",
      "projects/my-project/global/networks/site",
      "projects/my-project/regions/us-central1/addresses/ip",
      "projects/my-project/regions/us-central1/resourcePolicies/daily",
      "projects/my-project/regions/us-central1/subnetworks/site",
      "projects/my-project/serviceAccounts/site-vm@my-project.iam.gserviceaccount.com",
      "projects/my-project/zones/us-central1-a/disks/data",
      "projects/my-project/zones/us-central1-a/disks/data/daily",
    ]);
  });

  it("refuses a machine type that does not support pd-standard disks, with the API's message", async () => {
    await assert.rejects(
      create("instance", { ...vm, machineType: "n4-standard-2" }),
      /Error creating instance: googleapi: Error 400: pd-standard disk type cannot be used by n4-standard-2 machine type\., badRequest/,
    );
  });

  it("refuses a second object of the same name, and references to missing ones", async () => {
    await assert.rejects(create("network", { name: "site" }), {
      message:
        "1 error occurred:\n\t* Error creating Network: googleapi: Error 409: The resource 'projects/my-project/global/networks/site' already exists, alreadyExists\n\n",
    });
    await assert.rejects(
      create("firewall", { ...rule, name: "web", network: "nowhere" }),
      /Error 404: .*networks\/nowhere' was not found/,
    );
    await assert.rejects(
      create("network", { name: "-bad" }),
      /Error 400: Invalid value for field 'resource.name': '-bad'/,
    );
    await assert.rejects(
      create("disk", { name: "far", zone: "mars" }),
      /Invalid value for field 'zone': 'mars'. Unknown zone/,
    );
    const overlapping = { name: "other", network: "site", ipCidrRange: "10.0.0.128/25" };
    await assert.rejects(
      create("subnetwork", overlapping),
      /conflicts with existing subnetwork 'site' in region 'us-central1'/,
    );
  });

  it("refuses to delete what is in use, and accepts that an object is already gone", async () => {
    await assert.rejects(
      remove("network"),
      /The network resource '.*\/networks\/site' is already being used by '.*\/firewalls\/ssh'/,
    );
    await assert.rejects(remove("policy"), /is already being used by '.*\/disks\/data\/daily'/);
    const gone = await create("address", { name: "gone" });
    await engine.delete(types.address, gone);
    await engine.delete(types.address, gone);
    assert.equal((await engine.read(types.address, gone)).id, "");
  });

  it("grows a disk in place, and replaces one that should shrink", async () => {
    const disk = made.disk as Resource;
    assert.deepEqual(await engine.diff(types.disk, disk, { name: "data", size: 30 }), { size: "update" });
    assert.deepEqual(await engine.diff(types.disk, disk, { name: "data", size: 10 }), { size: "update & replace" });
    made.disk = await engine.update(types.disk, disk, { name: "data", size: 30 });
    assert.equal(made.disk.outputs.size, 30);
  });

  it("accepts only some changes to a schedule in an update", async () => {
    const policy = made.policy as Resource;
    const snapshotProperties = { storageLocations: "us-central1" };
    await assert.rejects(
      engine.update(types.policy, policy, {
        name: "daily",
        snapshotSchedulePolicy: { schedule: {}, snapshotProperties },
      }),
      /Error updating ResourcePolicy: googleapi: Error 400: Patching storage_locations field is not supported\., badRequest/,
    );
  });

  it("takes a last snapshot before a disk is deleted, if requested and if its name is short enough", async () => {
    const asked = { size: 10, createSnapshotBeforeDestroy: true };
    const long = await create("disk", { ...asked, name: `data-${"x".repeat(44)}` });
    await assert.rejects(engine.delete(types.disk, long), /Your disk name is too long .* The max is 48 characters/);
    const disk = await create("disk", { ...asked, name: "last", createSnapshotBeforeDestroyPrefix: "lab-data" });
    await engine.delete(types.disk, disk);
    const left = (await inventory(test.cloud)).resources.filter((path) => path.includes("/snapshots/"));
    assert.equal(left.length, 1);
    assert.match(String(left[0]), /^projects\/my-project\/global\/snapshots\/lab-data-\d{8}-\d{6}$/);
    const again = await create("disk", { name: "again", size: 10, snapshot: left[0]?.split("/").at(-1) });
    for (const each of [again, { ...long, inputs: { ...long.inputs, createSnapshotBeforeDestroy: false } }])
      await engine.delete(types.disk, each);
    await engine.delete(types.snapshot, {
      id: "",
      inputs: {},
      outputs: { project: "my-project", name: left[0]?.split("/").at(-1) },
    });
  });

  it("creates a disk in another zone from a snapshot, independent of the old disk", async () => {
    const old = await create("disk", { name: "old", size: 10 });
    const image = (zone: string, name: string) =>
      join(test.cloud.folder, `disks/projects/my-project/zones/${zone}/disks/${name}.img`);
    await writeFile(image("us-central1-a", "old"), "work", { flag: "r+" });
    const snapshot = await create("snapshot", { name: "copy", sourceDisk: "old", zone: "us-central1-a" });
    await engine.delete(types.disk, old);
    const elsewhere = { name: "new", zone: "us-central1-b", snapshot: snapshot.outputs.selfLink };
    await assert.rejects(
      create("disk", { ...elsewhere, size: 5 }),
      /cannot be smaller than the snapshot size \(10 GB\)/,
    );
    const disk = await create("disk", { ...elsewhere, size: 20 });
    const { size } = await stat(image("us-central1-b", "new"));
    assert.equal(size, 20 * 2 ** 30);
    const file = await open(image("us-central1-b", "new"));
    const { buffer } = await file.read(Buffer.alloc(4), 0, 4, 0);
    await file.close();
    assert.equal(String(buffer), "work");
    assert.deepEqual(await engine.diff(types.disk, disk, { ...disk.inputs, snapshot: "other" }), {
      snapshot: "update & replace",
    });
    await engine.delete(types.snapshot, snapshot);
    await engine.delete(types.disk, disk);
    await assert.rejects(create("snapshot", { name: "copy", sourceDisk: "nothing" }), /nothing' was not found/);
  });

  it("keeps the new inputs of an update, and the earlier outputs of the cloud", async () => {
    const old = made.address as Resource;
    made.address = await engine.update(types.address, old, { ...old.inputs, labels: { app: "site" } });
    const { labels, effectiveLabels, address } = made.address.outputs;
    assert.deepEqual(labels, { app: "site" });
    assert.deepEqual(effectiveLabels, { app: "site", "goog-pulumi-provisioned": "true" });
    assert.equal(address, old.outputs.address);
    assert.deepEqual((await engine.read(types.address, made.address)).outputs, { ...made.address.outputs });
  });

  it("gives every object with labels the provider's default labels, by an update", async () => {
    const other = await test.attach({ project: "my-project", defaultLabels: '{"team":"maths"}' });
    const { inputs } = made.address as Resource;
    assert.deepEqual(await other.diff(types.address, made.address as Resource, inputs), { "pulumiLabels.team": "add" });
    assert.equal(
      (await other.update(types.address, made.address as Resource, inputs, { preview: true })).outputs.pulumiLabels,
      UNKNOWN,
    );
    made.address = await other.update(types.address, made.address as Resource, inputs);
    assert.deepEqual(made.address.outputs.pulumiLabels, { team: "maths", app: "site" });
    assert.deepEqual(await other.diff(types.address, made.address, inputs), {});
    assert.deepEqual(await other.diff(types.network, made.network as Resource, (made.network as Resource).inputs), {});
    made.address = await engine.update(types.address, made.address, inputs);
    assert.deepEqual(made.address.outputs.pulumiLabels, { app: "site" });
  });

  it("finds an object to import by its path", async () => {
    const { id, inputs } = await engine.import(types.disk, "projects/my-project/zones/us-central1-a/disks/data");
    assert.equal(id, "projects/my-project/zones/us-central1-a/disks/data");
    assert.deepEqual([inputs.name, inputs.size, inputs.type, inputs.selfLink], ["data", 30, "pd-standard", undefined]);
    await assert.rejects(engine.import(types.disk, "data"), /Import id "data" doesn't match/);
  });

  it("plans each change as the provider does", async () => {
    const planned = (type: keyof typeof types, change: object) => {
      const resource = type === "instance" ? vmState : (made[type] as Resource);
      return engine.diff(types[type], resource, { ...resource.inputs, ...change });
    };
    assert.deepEqual(await planned("network", {}), {});
    assert.deepEqual(await planned("network", { name: "other" }), { name: "update & replace" });
    assert.deepEqual(await planned("subnetwork", { network: "site" }), {});
    assert.deepEqual(await planned("subnetwork", { ipCidrRange: "10.0.0.0/16" }), { ipCidrRange: "update" });
    assert.deepEqual(await planned("subnetwork", { ipCidrRange: "10.9.0.0/16" }), { ipCidrRange: "update & replace" });
    assert.deepEqual(await planned("firewall", { sourceRanges: ["10.0.0.0/8"] }), { "sourceRanges[0]": "update" });
    assert.deepEqual(await planned("address", { networkTier: "PREMIUM" }), { networkTier: "update & replace" });
    assert.deepEqual(await planned("address", { labels: { app: "lab" } }), { "labels.app": "update" });
    assert.deepEqual(await planned("disk", { type: "pd-ssd" }), { type: "update & replace" });
    assert.deepEqual(await planned("attachment", { name: "weekly" }), { name: "update & replace" });
    assert.deepEqual(await planned("account", { displayName: "VM" }), { displayName: "add" });
    const schedule = { dailySchedule: { daysInCycle: 1, startTime: "05:00" } };
    const policy = {
      id: "",
      inputs: { name: "p", snapshotSchedulePolicy: { schedule } },
      outputs: { project: "my-project", region: "us-central1" },
    };
    const properties = { storageLocations: "us-central1" };
    assert.deepEqual(
      await engine.diff(types.policy, policy, {
        name: "p",
        snapshotSchedulePolicy: { schedule, snapshotProperties: properties },
      }),
      { "snapshotSchedulePolicy.snapshotProperties": "add" },
    );
    for (const [change, plan] of [
      [{ zone: "us-central1-b" }, { zone: "update & replace" }],
      [{ machineType: "e2-small" }, { machineType: "update" }],
      [{ metadata: { "ssh-keys": "" } }, { 'metadata["ssh-keys"]': "update" }],
      [{ metadataStartupScript: "true" }, { metadataStartupScript: "add & replace" }],
      [{ tags: ["web"] }, { tags: "add" }],
      [{ hostname: "lab.example.com" }, { hostname: "add & replace" }],
      [{ attachedDisks: [{ source: "data" }] }, { attachedDisks: "add" }],
      [
        { bootDisk: { initializeParams: { image: "debian-cloud/debian-13", size: 20 } } },
        { "bootDisk.initializeParams.size": "update" },
      ],
      [
        { bootDisk: { initializeParams: { image: "debian-cloud/debian-13", size: 9 } } },
        { "bootDisk.initializeParams.size": "update" },
      ],
      [
        { bootDisk: { initializeParams: { image: "debian-cloud/debian-14", size: 10 } } },
        { "bootDisk.initializeParams.image": "update & replace" },
      ],
      [
        { networkInterfaces: [{ network: "site", accessConfigs: [{ natIp: "127.1.1.1" }] }] },
        { "networkInterfaces[0].accessConfigs[0].natIp": "add" },
      ],
    ] as const) {
      assert.deepEqual(await planned("instance", change), plan);
    }
  });

  it("replaces an object whose location changed, wherever the location is set", async () => {
    await within({ GOOGLE_ZONE: "us-central1-b" }, async () => {
      const plan = await engine.diff(types.disk, made.disk as Resource, { name: "data", size: 30 });
      assert.deepEqual(plan, { zone: "update & replace" });
    });
  });

  it("deletes an object first if its replacement has the same name", async () => {
    const state = {
      id: "",
      inputs: { ...rule, name: "ssh" },
      outputs: { ...rule, name: "ssh", project: "my-project" },
    };
    const operation = { config: {} } as Parameters<NonNullable<typeof firewall.diff>>[2];
    const change = { ...rule, direction: "EGRESS" as const };
    const diff = async (name?: string) =>
      firewall.diff?.(state as never, { ...change, ...(name ? { name } : {}) }, operation);
    assert.equal((await diff("ssh"))?.deleteBeforeReplace, true);
    assert.equal((await diff("other"))?.deleteBeforeReplace, false);
  });

  it("injects the faults of a test, with the API's messages", async () => {
    const asked = { type: types.address, operation: "create" };
    await faults({ ...asked, fault: "quota exceeded", times: 1 }, { ...asked, fault: "api not enabled" });
    const another = () => create("address", { name: "another" });
    await assert.rejects(
      another(),
      /Error creating Address: googleapi: Error 403: Quota 'STATIC_ADDRESSES' exceeded. {2}Limit: 8.0 in region us-central1., quotaExceeded/,
    );
    await assert.rejects(
      another(),
      /Error 403: Compute Engine API has not been used in project 123456789012 before or it is disabled/,
    );
    await faults({ type: "*", operation: "delete", fault: "permission denied" });
    await assert.rejects(
      remove("address"),
      /Error 403: Required 'compute.addresses.delete' permission for 'projects\/my-project\/regions\/us-central1\/addresses\/ip', forbidden/,
    );
    await faults({ type: types.account, operation: "create", fault: "permission denied" });
    await assert.rejects(
      create("account", { accountId: "another" }),
      /Error creating service account: googleapi: Error 403: Permission 'iam\.serviceAccounts\.create' denied on resource \(or it may not exist\)\./,
    );
    await faults({ type: types.disk, operation: "update", fault: "zone exhausted" });
    const disk = made.disk as Resource;
    await assert.rejects(
      engine.update(types.disk, disk, { name: "data", size: 40 }),
      /\* Error waiting for disk to update: The zone 'projects\/my-project\/zones\/us-central1-a' does not have enough resources/,
    );
    await faults();
  });

  it("refuses to boot with invalid inputs", async () => {
    const refused = (change: object) => create("instance", { ...vm, ...change });
    await assert.rejects(
      refused({ machineType: "e2-nano" }),
      /Machine type with name 'e2-nano' does not exist in zone 'us-central1-a'/,
    );
    await assert.rejects(refused({ networkInterfaces: [{ network: "nowhere" }] }), /networks\/nowhere' was not found/);
    const at = (accessConfig: object, zone = "us-central1-a") =>
      refused({ zone, networkInterfaces: [{ network: "site", accessConfigs: [accessConfig] }] });
    const natIp = made.address?.outputs.address;
    await assert.rejects(
      at({ natIp: "127.0.0.1" }),
      /The specified external IP address '127.0.0.1' was not found in region 'us-central1'/,
    );
    await assert.rejects(at({ natIp, networkTier: "STANDARD" }, "us-east1-b"), /was not found in region 'us-east1'/);
    await assert.rejects(
      at({ natIp }),
      /The network tier of external IP address is STANDARD, that of Address must be the same/,
    );
    await assert.rejects(
      refused({ bootDisk: { initializeParams: { image: "debian-cloud/nothing" } } }),
      /Could not find image or family debian-cloud\/nothing/,
    );
    assert.deepEqual((await inventory(test.cloud)).containers, []);
  });

  it("is empty when everything is deleted", async () => {
    for (const type of [
      "attachment",
      "policy",
      "disk",
      "address",
      "account",
      "firewall",
      "subnetwork",
      "network",
    ] as const) {
      await remove(type);
    }
    assert.deepEqual(await inventory(test.cloud), { resources: [], containers: [], networks: [] });
  });
});
