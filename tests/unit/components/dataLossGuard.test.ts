import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { keysOf } from "../../../components/host/gcpVm.ts";
import { dataLossRisk, workDiskOf, workNotFound } from "../../../components/preflight/dataLossGuard.ts";

const settings = { project: "p", zone: "us-central1-a", bootDiskGb: 20, dataDiskGb: 20, protectData: true };
const keys = keysOf("host");
const bootDisk = { initializeParams: { size: 20 } };
const vm = { [keys.vm]: { project: "p", zone: "us-central1-a", bootDisk, deletionProtection: true } };
const data = { [keys.dataDisk]: { project: "p", zone: "us-central1-b", size: 30 } };
const disk = { project: "p", zone: "us-central1-a", sizeGb: 20, bootGb: 20, vmIsLocked: false };

describe("workDiskOf()", () => {
  it("returns the data disk, else the VM's boot disk, else undefined", () => {
    const ofVm = { project: "p", bootGb: 20, vmIsLocked: true };
    assert.deepEqual(workDiskOf({ ...vm, ...data }, keys), { ...ofVm, zone: "us-central1-b", sizeGb: 30 });
    assert.deepEqual(workDiskOf(vm, keys), { ...ofVm, zone: "us-central1-a", sizeGb: 0 });
    const withoutVm = { project: "p", zone: "us-central1-b", sizeGb: 30, bootGb: undefined, vmIsLocked: false };
    assert.deepEqual(workDiskOf(data, keys), withoutVm);
    assert.equal(workDiskOf({}, keys), undefined);
  });
});

describe("workNotFound()", () => {
  it("returns nothing if the disk or the VM exists, or neither does", () => {
    for (const made of [data, vm, { ...vm, ...data }, {}]) assert.equal(workNotFound(made, keys), undefined);
    // The state after a first `pulumi up` that failed before it created the disk.
    const begun = { "gcp:compute/network:Network::host-network": { project: "p" } };
    assert.equal(workNotFound(begun, keys), undefined);
  });

  it("refuses a VM or a disk with another name, which may contain the work", () => {
    for (const key of ["gcp:compute/disk:Disk::machine-data", "gcp:compute/instance:Instance::vm"])
      assert.match(
        String(workNotFound({ [key]: { project: "p", zone: "us-central1-a", size: 20 } }, keys)),
        new RegExp(
          `^The stack's state has ${key}, but neither .*::host-data nor .*::host-vm: .*\n {4}pulumi stack history$`,
        ),
      );
  });

  it("refuses a disk or a VM whose location the state does not contain", () => {
    const [disk = {}] = Object.values(data);
    for (const missing of ["project", "zone", "size"])
      assert.match(
        String(workNotFound({ ...vm, [keys.dataDisk]: { ...disk, [missing]: undefined } }, keys)),
        /^The stack's state has gcp:compute\/disk:Disk::host-data, but not its location .*\n {4}pulumi refresh$/,
      );
    assert.match(String(workNotFound({ [keys.vm]: { project: "p" } }, keys)), /pulumi refresh$/);
  });
});

describe("dataLossRisk()", () => {
  const cases: [what: string, changes: object, made: object, expected: RegExp | undefined][] = [
    ["allows a change of nothing", {}, {}, undefined],
    ["allows a larger data disk", { dataDiskGb: 30 }, {}, undefined],
    [
      "refuses a smaller data disk",
      { dataDiskGb: 10 },
      {},
      /^dataDiskGb: a disk cannot shrink.* 20 GB.*set dataDiskGb 20$/s,
    ],
    [
      "refuses a smaller data disk without protectData, too",
      { dataDiskGb: 10, protectData: false },
      {},
      /cannot shrink/,
    ],
    ["allows a larger boot disk", { bootDiskGb: 30 }, {}, undefined],
    [
      "refuses a smaller boot disk without protectData, too",
      { bootDiskGb: 10, protectData: false },
      {},
      /^bootDiskGb: a disk cannot shrink; the VM's boot disk has 20 GB, .* is 10\..*set bootDiskGb 20$/s,
    ],
    [
      "allows a smaller boot disk for a VM in another zone",
      { bootDiskGb: 10, zone: "us-central1-b", protectData: false },
      {},
      undefined,
    ],
    ["allows a smaller boot disk while there is no VM", { bootDiskGb: 10 }, { bootGb: undefined }, undefined],
    [
      "refuses another zone without a data disk while Google protects the VM",
      { zone: "us-central1-b", dataDiskGb: 0, protectData: false },
      { sizeGb: 0, vmIsLocked: true },
      /^zone: .* refuses to delete that VM.*\n {4}pulumi config set zone us-central1-a && pulumi up$/s,
    ],
    [
      "allows another zone without a data disk once Google does not protect the VM",
      { zone: "us-central1-b", dataDiskGb: 0, protectData: false },
      { sizeGb: 0 },
      undefined,
    ],
    [
      "refuses to remove the data disk",
      { dataDiskGb: 0 },
      {},
      /cannot move it to the boot disk.* pulumi destroy, .*\n.*set dataDiskGb 20$/s,
    ],
    [
      "refuses to remove the data disk without protectData, too",
      { dataDiskGb: 0, protectData: false },
      {},
      /cannot move it to the boot disk/,
    ],
    [
      "refuses another zone",
      { zone: "us-central1-b" },
      {},
      /^zone: .* is in us-central1-a, .* by a snapshot to a new disk in us-central1-b/,
    ],
    ["allows another zone without protectData", { zone: "us-central1-b", protectData: false }, {}, undefined],
    [
      "refuses another region without protectData, too",
      { zone: "us-west1-b", protectData: false },
      {},
      /in the region us-central1, and us-west1-b is in another one/,
    ],
    [
      "refuses another zone without a data disk",
      { zone: "us-central1-b", dataDiskGb: 0 },
      { sizeGb: 0 },
      /^zone: your work is on the boot disk/,
    ],
    [
      "refuses a data disk if the work is on the boot disk",
      {},
      { sizeGb: 0 },
      /^dataDiskGb: the site has your work on the VM's boot disk.*\n.*set dataDiskGb 0$/s,
    ],
    [
      "refuses a data disk if the work is on the boot disk, without protectData, too",
      { protectData: false },
      { sizeGb: 0 },
      /^dataDiskGb: the site has your work on the VM's boot disk/,
    ],
  ];
  for (const [what, changes, made, expected] of cases)
    it(what, () => {
      const said = dataLossRisk({ ...settings, ...changes }, { ...disk, ...made });
      if (expected) assert.match(String(said), expected);
      else assert.equal(said, undefined);
    });
});
