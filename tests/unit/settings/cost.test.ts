import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { costReport, costsOf } from "../../../settings/cost.ts";
import { settingsWith } from "../../support/settings.ts";

const costs = (change: Record<string, unknown>) => costsOf(settingsWith({ target: "gcp", ...change }));

describe("What a plan costs beyond the free tier:", () => {
  const rows: [
    name: string,
    change: Record<string, unknown>,
    expected: [setting: string, dollars: number | undefined][],
  ][] = [
    ["nothing as it comes", {}, []],
    ["nothing in us-west1", { zone: "us-west1-b" }, []],
    ["nothing in us-east1", { zone: "us-east1-d" }, []],
    ["nothing with one disk", { bootDiskGb: "30", dataDiskGb: "0" }, []],
    ["nothing with two of 30 GB together", { bootDiskGb: "20", dataDiskGb: "10" }, []],
    ["nothing on this machine", { target: "local", zone: "europe-west1-b", machineType: "e2-medium" }, []],
    ["a machine type with 2 GB", { machineType: "e2-small" }, [["machineType", 12]]],
    ["a machine type with 4 GB", { machineType: "e2-medium" }, [["machineType", 24]]],
    ["a machine type with two cores", { machineType: "e2-standard-2" }, [["machineType", 49]]],
    ["a machine type without a price here", { machineType: "n2-standard-8" }, [["machineType", undefined]]],
    ["a region of Europe's, disks included", { zone: "europe-west1-b" }, [["zone", 7.2]]],
    ["another American region", { zone: "us-east4-a" }, [["zone", 7.2]]],
    ["a region that is not free, and a small disk", { zone: "asia-east1-a", dataDiskGb: "0" }, [["zone", 6.4]]],
    ["a larger data disk", { dataDiskGb: "50" }, [["dataDiskGb", 1.2]]],
    ["a larger boot disk", { bootDiskGb: "40" }, [["bootDiskGb", 1.2]]],
    ["one large disk", { bootDiskGb: "100", dataDiskGb: "0" }, [["bootDiskGb", 2.8]]],
    ["one GB too many", { dataDiskGb: "21" }, [["dataDiskGb", 0.04]]],
    [
      "a larger machine with more disk",
      { machineType: "e2-small", dataDiskGb: "50" },
      [
        ["machineType", 12],
        ["dataDiskGb", 1.2],
      ],
    ],
    [
      "everything at once, nothing counted twice",
      { machineType: "e2-medium", zone: "europe-west1-b", dataDiskGb: "50" },
      [
        ["machineType", 24],
        ["zone", 1.2],
        ["dataDiskGb", 1.2],
      ],
    ],
  ];
  for (const [name, change, expected] of rows)
    it(name, () => {
      assert.deepEqual(
        costs(change).map(({ setting, dollars }) => [setting, dollars && Math.round(dollars * 100) / 100]),
        expected,
      );
    });

  for (const [name, change] of rows.filter(([, , expected]) => expected.length > 0))
    it(`the commands make it free again: ${name}`, () => {
      const commands = costs(change).flatMap(({ mend }) => mend.split(" && "));
      const mended = commands.map((command) => /^pulumi config set (\w+) (\S+)$/.exec(command)?.slice(1) ?? []);
      assert.deepEqual(costs({ ...change, ...Object.fromEntries(mended) }), []);
    });
});

describe("The words for it", () => {
  const besides =
    "Not counted: traffic beyond 200 GB a month, snapshots of the data disk beyond 5 GB, and the static address (about $4 a month, where Google does not waive it for the free VM).";

  it("say that a plan is free, and what nobody can know beforehand", () => {
    assert.equal(costReport([]), `This plan stays within Google's free tier. ${besides}`);
  });

  it("say which setting costs what, and what would be free", () => {
    assert.equal(
      costReport(costs({ machineType: "e2-small", dataDiskGb: "25" })),
      `This plan costs about $12 a month beyond Google's free tier:
  machineType: of all machine types only e2-micro is free (about $12 a month). Free again by: pulumi config set machineType e2-micro
  dataDiskGb: the disks have 35 GB together, and 30 are free (about $0.20 a month). Free again by: pulumi config set dataDiskGb 20
${besides}`,
    );
  });

  it("make no price up", () => {
    assert.equal(
      costReport(costs({ machineType: "n2-standard-8", zone: "us-east4-a" }))
        .split("\n", 2)
        .join("\n"),
      `This plan costs about $1 a month, and the VM itself, whose price is not known here, beyond Google's free tier:
  machineType: of all machine types only e2-micro is free (see https://cloud.google.com/products/calculator). Free again by: pulumi config set machineType e2-micro`,
    );
  });
});
