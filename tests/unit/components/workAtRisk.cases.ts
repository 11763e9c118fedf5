import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { workAtRisk, workDiskOf } from "../../../components/workAtRisk.ts";

const settings = { project: "p", zone: "us-central1-a", dataDiskGb: 20, protectData: true };
const disk = { project: "p", zone: "us-central1-a", sizeGb: 20 };

describe("workDiskOf()", () => {
  const vm = { "gcp:compute/instance:Instance::host-vm": { project: "p", zone: "us-central1-a" } };
  it("is the data disk, or the VM's own, or none yet", () => {
    const data = { "gcp:compute/disk:Disk::host-data": { project: "p", zone: "us-central1-b", size: 30 } };
    assert.deepEqual(workDiskOf({ ...vm, ...data }), { project: "p", zone: "us-central1-b", sizeGb: 30 });
    assert.deepEqual(workDiskOf(vm), { project: "p", zone: "us-central1-a", sizeGb: 0 });
    assert.equal(workDiskOf({}), undefined);
  });
});

describe("workAtRisk()", () => {
  const cases: [what: string, changes: object, made: object, expected: RegExp | undefined][] = [
    ["nothing changed", {}, {}, undefined],
    ["a disk that grows", { dataDiskGb: 30 }, {}, undefined],
    [
      "a disk that should shrink",
      { dataDiskGb: 10 },
      {},
      /^dataDiskGb: a disk does not shrink.* 20 GB.*set dataDiskGb 20$/s,
    ],
    ["... protected or not", { dataDiskGb: 10, protectData: false }, {}, /does not shrink/],
    [
      "a disk that should go",
      { dataDiskGb: 0 },
      {},
      /does not move from its data disk.* pulumi destroy, .*\n.*set dataDiskGb 20$/s,
    ],
    ["... protected or not", { dataDiskGb: 0, protectData: false }, {}, /does not move from its data disk/],
    [
      "another zone",
      { zone: "us-central1-b" },
      {},
      /^zone: .* lies in us-central1-a, .* new disk in us-central1-b, by a snapshot/,
    ],
    ["... and may", { zone: "us-central1-b", protectData: false }, {}, undefined],
    [
      "another region, protected or not",
      { zone: "us-west1-b", protectData: false },
      {},
      /belong to the region us-central1, which us-west1-b does not lie in/,
    ],
    [
      "another zone, with all on the boot disk",
      { zone: "us-central1-b", dataDiskGb: 0 },
      { sizeGb: 0 },
      /^zone: your work lies on the boot disk/,
    ],
    [
      "a data disk where all lay on the boot disk",
      {},
      { sizeGb: 0 },
      /^dataDiskGb: your work lies on the VM's boot disk.*\n.*set dataDiskGb 0$/s,
    ],
    [
      "... protected or not",
      { protectData: false },
      { sizeGb: 0 },
      /^dataDiskGb: your work lies on the VM's boot disk/,
    ],
  ];
  for (const [what, changes, made, expected] of cases)
    it(what, () => {
      const said = workAtRisk({ ...settings, ...changes }, { ...disk, ...made });
      if (expected) assert.match(String(said), expected);
      else assert.equal(said, undefined);
    });
});
