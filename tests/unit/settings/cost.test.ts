import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { costReport, costsOf, type DisksMade } from "../../../settings/cost.ts";
import { settingsWith } from "../../support/settings.ts";

const costs = (change: Record<string, unknown>, made?: DisksMade) =>
  costsOf(settingsWith({ target: "gcp", ...change }), made);
const reported = (change: Record<string, unknown>, made?: DisksMade) =>
  costReport(costs(change, made), settingsWith({ target: "gcp", ...change }));

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
      const commands = costs(change).flatMap(({ mend = "" }) => mend.split(" && "));
      const mended = commands.map((command) => /^pulumi config set (\w+) (\S+)$/.exec(command)?.slice(1) ?? []);
      assert.deepEqual(costs({ ...change, ...Object.fromEntries(mended) }), []);
    });
});

describe("A disk that is there already is not asked to shrink:", () => {
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
      assert.equal(cost?.mend, command && `pulumi config set ${command}`);
      if (!command) assert.match(reported(change, made), /They are there already, and do not shrink\.$/m);
    });
});

describe("The words for it", () => {
  const besides =
    "Not counted: the daily snapshots of the data disk (some cents to half a dollar a month), traffic beyond 200 GB a month, and the static address (about $4 a month, where Google does not waive it for the free VM).";

  it("say that the VM is free, that its snapshots are not, and what nobody can know beforehand", () => {
    assert.equal(reported({}), `The VM and its disks stay within Google's free tier. ${besides}`);
  });

  it("say nothing of snapshots where none are taken", () => {
    assert.doesNotMatch(reported({ bootDiskGb: "30", dataDiskGb: "0" }), /snapshot/);
  });

  it("say which setting costs what, and what would be free", () => {
    assert.equal(
      reported({ machineType: "e2-small", dataDiskGb: "25" }),
      `This plan costs about $12 a month beyond Google's free tier:
  machineType: of all machine types only e2-micro is free (about $12 a month). Free again by: pulumi config set machineType e2-micro
  dataDiskGb: the disks have 35 GB together, and 30 are free (about $0.20 a month). Free again by: pulumi config set dataDiskGb 20
${besides}`,
    );
  });

  it("make no price up", () => {
    assert.equal(
      reported({ machineType: "n2-standard-8", zone: "us-east4-a" }).split("\n", 2).join("\n"),
      `This plan costs about $1 a month, and the VM itself, whose price is not known here, beyond Google's free tier:
  machineType: of all machine types only e2-micro is free (see https://cloud.google.com/products/calculator). Free again by: pulumi config set machineType e2-micro`,
    );
  });
});
