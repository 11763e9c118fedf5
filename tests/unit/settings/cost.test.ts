import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { costReport, costsOf, type DisksMade } from "../../../settings/cost.ts";
import { gcpWith } from "../../support/settings.ts";

const costs = (change: Record<string, unknown>, made?: DisksMade) => costsOf(gcpWith(change), made);
const extras = { snapshots: false, bucket: false };
const reported = (change: Record<string, unknown>, made?: DisksMade) => costReport(costs(change, made), extras);

describe("The settings that are not on the free tier are named:", () => {
  const rows: [name: string, change: Record<string, unknown>, expected: string[]][] = [
    ["nothing as it comes", {}, []],
    ["nothing in us-west1", { zone: "us-west1-b" }, []],
    ["nothing in us-east1", { zone: "us-east1-d" }, []],
    ["nothing with one disk", { bootDiskGb: "30", dataDiskGb: "0" }, []],
    ["nothing with two of 30 GB together", { bootDiskGb: "20", dataDiskGb: "10" }, []],
    ["a machine type with 2 GB", { machineType: "e2-small" }, ["machineType"]],
    ["a machine type with two cores", { machineType: "e2-standard-2" }, ["machineType"]],
    ["a machine type of another family", { machineType: "n2-standard-8" }, ["machineType"]],
    ["a region of Europe's, disks included", { zone: "europe-west1-b" }, ["zone"]],
    ["another American region", { zone: "us-east4-a" }, ["zone"]],
    ["a region that is not free, and a small disk", { zone: "asia-east1-a", dataDiskGb: "0" }, ["zone"]],
    ["a larger data disk", { dataDiskGb: "50" }, ["dataDiskGb"]],
    ["a larger boot disk", { bootDiskGb: "40" }, ["bootDiskGb"]],
    ["one large disk", { bootDiskGb: "100", dataDiskGb: "0" }, ["bootDiskGb"]],
    ["one GB too many", { dataDiskGb: "21" }, ["dataDiskGb"]],
    ["a larger machine with more disk", { machineType: "e2-small", dataDiskGb: "50" }, ["machineType", "dataDiskGb"]],
    [
      "everything at once",
      { machineType: "e2-medium", zone: "europe-west1-b", dataDiskGb: "50" },
      ["machineType", "zone", "dataDiskGb"],
    ],
  ];
  for (const [name, change, expected] of rows)
    it(name, () => {
      assert.deepEqual(
        costs(change).map(({ setting }) => setting),
        expected,
      );
    });

  for (const [name, change] of rows.filter(([, , expected]) => expected.length > 0))
    it(`the commands make it free again: ${name}`, () => {
      const commands = costs(change).flatMap(({ fix = "" }) => fix.split(" && "));
      const fixed = commands.map((command) => /^pulumi config set (\w+) (\S+)$/.exec(command)?.slice(1) ?? []);
      assert.deepEqual(costs({ ...change, ...Object.fromEntries(fixed) }), []);
    });
});

describe("The suggested command never shrinks an existing disk:", () => {
  const rows: [name: string, change: Record<string, unknown>, made: DisksMade, command: string | undefined][] = [
    ["the boot disk, beside a data disk", { dataDiskGb: "25" }, { bootGb: 10, dataGb: 20 }, "dataDiskGb 20"],
    ["the data disk has grown", { dataDiskGb: "25" }, { bootGb: 10, dataGb: 25 }, undefined],
    ["the boot disk has grown", { bootDiskGb: "15" }, { bootGb: 15, dataGb: 20 }, undefined],
    ["it is the only one", { bootDiskGb: "40", dataDiskGb: "0" }, { bootGb: 40, dataGb: 0 }, undefined],
    [
      "there is room left for the other one",
      { bootDiskGb: "40", dataDiskGb: "40" },
      { bootGb: 15, dataGb: 10 },
      "bootDiskGb 15 && pulumi config set dataDiskGb 15",
    ],
  ];
  for (const [name, change, made, command] of rows)
    it(name, () => {
      const [cost] = costs(change, made);
      assert.equal(cost?.fix, command && `pulumi config set ${command}`);
      if (!command) assert.match(reported(change, made), /They exist already and cannot shrink\.$/m);
    });
});

describe("The notice about costs", () => {
  const besides =
    "Google also charges for traffic above 200 GB per month and, unless it waives the fee for the free VM, the static address. Prices: https://cloud.google.com/compute/all-pricing";

  it("says that the VM is free, and which costs are not known in advance", () => {
    assert.equal(reported({}), `The VM and its disks stay within Google's free tier. ${besides}`);
  });

  it("mentions daily snapshots, and how to stop them", () => {
    assert.match(
      costReport([], { ...extras, snapshots: true }),
      /charges for the daily snapshots of the data disk, .* pulumi config set dailySnapshots false\), traffic/,
    );
  });

  it("mentions the bucket of the backup", () => {
    assert.match(
      costReport([], { ...extras, bucket: true }),
      /charges for the bucket of the backup above 5 GB and 5,000 requests per month \(backup\.to\), traffic/,
    );
  });

  it("says which setting is not free and why, and which value would be free", () => {
    assert.equal(
      reported({ machineType: "e2-small", dataDiskGb: "25" }),
      `This plan exceeds Google's free tier. To estimate the costs: https://cloud.google.com/products/calculator
  machineType: the only free machine type is e2-micro. To avoid the costs: pulumi config set machineType e2-micro
  dataDiskGb: the disks have 35 GB in total; 30 GB are free. To avoid the costs: pulumi config set dataDiskGb 20
${besides}`,
    );
  });

  it("names no price, because prices differ by region and change", () => {
    const everything = { machineType: "e2-medium", zone: "europe-west1-b", dataDiskGb: "50" };
    for (const change of [{}, everything]) assert.doesNotMatch(reported(change), /\$|dollar|cent\b|cents/);
  });
});
