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
  it("is the data disk, or the VM's own, or none yet", () => {
    const ofVm = { project: "p", bootGb: 20, vmIsLocked: true };
    assert.deepEqual(workDiskOf({ ...vm, ...data }, keys), { ...ofVm, zone: "us-central1-b", sizeGb: 30 });
    assert.deepEqual(workDiskOf(vm, keys), { ...ofVm, zone: "us-central1-a", sizeGb: 0 });
    const withoutVm = { project: "p", zone: "us-central1-b", sizeGb: 30, bootGb: undefined, vmIsLocked: false };
    assert.deepEqual(workDiskOf(data, keys), withoutVm);
    assert.equal(workDiskOf({}, keys), undefined);
  });
});

describe("workNotFound()", () => {
  it("says nothing where the disk or the VM is there, or neither is", () => {
    for (const made of [data, vm, { ...vm, ...data }, {}]) assert.equal(workNotFound(made, keys), undefined);
    // A first `pulumi up` that failed before it came to the disk.
    const begun = { "gcp:compute/network:Network::host-network": { project: "p" } };
    assert.equal(workNotFound(begun, keys), undefined);
  });

  it("refuses a VM or a disk by another name, which may have the work on it", () => {
    for (const key of ["gcp:compute/disk:Disk::machine-data", "gcp:compute/instance:Instance::vm"])
      assert.match(
        String(workNotFound({ [key]: { project: "p", zone: "us-central1-a", size: 20 } }, keys)),
        new RegExp(
          `^The stack's state has ${key}, but neither .*::host-data nor .*::host-vm: .*\n {4}pulumi stack history$`,
        ),
      );
  });

  it("refuses a disk or a VM that the state does not say enough of", () => {
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
    ["nothing changed", {}, {}, undefined],
    ["a disk that grows", { dataDiskGb: 30 }, {}, undefined],
    [
      "a disk that should shrink",
      { dataDiskGb: 10 },
      {},
      /^dataDiskGb: a disk cannot shrink.* 20 GB.*set dataDiskGb 20$/s,
    ],
    ["... protected or not", { dataDiskGb: 10, protectData: false }, {}, /cannot shrink/],
    ["a boot disk that grows", { bootDiskGb: 30 }, {}, undefined],
    [
      "a boot disk that should shrink, protected or not",
      { bootDiskGb: 10, protectData: false },
      {},
      /^bootDiskGb: a disk cannot shrink; the VM's boot disk has 20 GB, .* is 10\..*set bootDiskGb 20$/s,
    ],
    [
      "... and may, of a VM in another zone",
      { bootDiskGb: 10, zone: "us-central1-b", protectData: false },
      {},
      undefined,
    ],
    ["... or while there is no VM", { bootDiskGb: 10 }, { bootGb: undefined }, undefined],
    [
      "another zone, with all on the boot disk of a VM that Google still protects",
      { zone: "us-central1-b", dataDiskGb: 0, protectData: false },
      { sizeGb: 0, vmIsLocked: true },
      /^zone: .* refuses to delete that VM.*\n {4}pulumi config set zone us-central1-a && pulumi up$/s,
    ],
    [
      "... and may, once it does not",
      { zone: "us-central1-b", dataDiskGb: 0, protectData: false },
      { sizeGb: 0 },
      undefined,
    ],
    [
      "a disk that should go",
      { dataDiskGb: 0 },
      {},
      /cannot move it to the boot disk.* pulumi destroy, .*\n.*set dataDiskGb 20$/s,
    ],
    ["... protected or not", { dataDiskGb: 0, protectData: false }, {}, /cannot move it to the boot disk/],
    [
      "another zone",
      { zone: "us-central1-b" },
      {},
      /^zone: .* is in us-central1-a, .* by a snapshot to a new disk in us-central1-b/,
    ],
    ["... and may", { zone: "us-central1-b", protectData: false }, {}, undefined],
    [
      "another region, protected or not",
      { zone: "us-west1-b", protectData: false },
      {},
      /in the region us-central1, and us-west1-b is in another one/,
    ],
    [
      "another zone, with all on the boot disk",
      { zone: "us-central1-b", dataDiskGb: 0 },
      { sizeGb: 0 },
      /^zone: your work is on the boot disk/,
    ],
    [
      "a data disk where all lay on the boot disk",
      {},
      { sizeGb: 0 },
      /^dataDiskGb: the site has your work on the VM's boot disk.*\n.*set dataDiskGb 0$/s,
    ],
    [
      "... protected or not",
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
