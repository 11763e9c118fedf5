import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import type { Boost } from "../../../components/host/gcpBoost.ts";
import type { Execution } from "../../../scripts/boost/executions.ts";
import { googleWith } from "../../../scripts/boost/google.ts";
import { readOptions } from "../../../scripts/boost/options.ts";
import { priceOf, ratesIn } from "../../../scripts/boost/prices.ts";
import { metricOf, quotaIssue } from "../../../scripts/boost/vm.ts";
import { kernelsOf, menuOf, planOf, problemOf, told } from "../../../scripts/boost/words.ts";

const boost: Boost = {
  workflow: "projects/p/locations/us-central1/workflows/lab-boost",
  project: "p",
  zone: "us-central1-a",
  instance: "lab",
  machineType: "e2-micro",
};
const micro = { name: "e2-micro", cores: 2, memoryGb: 1 };
const big = { name: "n2-highmem-16", cores: 16, memoryGb: 128 };

describe("The arguments of npm run boost", () => {
  it("name a machine type and hours, or nothing", () => {
    assert.deepEqual(readOptions(["-s", "dev", "--type", "n2-highmem-16", "--hours", "2.5", "--spot", "--yes"]), {
      stack: "dev",
      yes: true,
      action: { kind: "boost", wanted: { type: "n2-highmem-16", hours: 2.5, spot: true } },
    });
    assert.deepEqual(readOptions([]), { stack: undefined, yes: false, action: { kind: "tell" } });
    assert.deepEqual(readOptions(["--back"]).action, { kind: "back" });
  });

  const wrong: [args: string, says: RegExp][] = [
    ["--type n2-highmem-16", /^PlainError: --hours is missing/],
    ["--hours 2", /^PlainError: --type is missing/],
    ["--spot", /^PlainError: --type is missing/],
    ["--back --hours 2", /^PlainError: --back cannot be used with/],
    ["--type n2-highmem-16 --hours 0", /^PlainError: --hours 0 is not a number from 0\.5 to 24\./],
    ["--type n2-highmem-16 --hours 48", /For longer, change the setting: pulumi config set machineType/],
    ["--type n2-highmem-16 --hours 1e1", /^PlainError: --hours 1e1 is not a number/],
    ["--type big --hours 2", /^PlainError: --type: "big" is not a machine type/],
    ["--type t2a-standard-4 --hours 2", /has ARM cores/],
    [
      "--type g2-standard-4 --hours 2",
      /^PlainError: --type: "g2-standard-4" does not support pd-standard disks, which the VM uses\. These families do: e2,/,
    ],
    ["--gpu nvidia-l4", /Unknown option '--gpu'[\s\S]*npm run boost -- \[-s STACK\]/],
  ];
  for (const [args, says] of wrong)
    it(`are refused: ${args}`, () => {
      assert.throws(() => readOptions(args.split(" ")), says);
    });
});

describe("The quotas of a project", () => {
  const quotas = (limits: Record<string, [limit: number, usage: number]>) =>
    Object.entries(limits).map(([metric, [limit, usage]]) => ({ metric, limit, usage }));
  const issue = (limits: Record<string, [number, number]>, type = big, spot = false) =>
    quotaIssue(quotas(limits), { ...type, spot }, micro);

  it("count the cores of each family", () => {
    assert.deepEqual(["e2-highmem-16", "n1-standard-4", "custom-2-8192"].map(metricOf), ["CPUS", "CPUS", "CPUS"]);
    assert.deepEqual(["n2-highmem-16", "n2d-standard-8", "c2-standard-8"].map(metricOf), [
      "N2_CPUS",
      "N2D_CPUS",
      "C2_CPUS",
    ]);
  });

  it("allow what fits, with the cores that are free when the VM stops", () => {
    assert.equal(issue({ N2_CPUS: [16, 0], CPUS_ALL_REGIONS: [16, 2] }), undefined);
    const e2 = { name: "e2-standard-8", cores: 8, memoryGb: 32 };
    assert.equal(issue({ CPUS: [8, 2], CPUS_ALL_REGIONS: [12, 2] }, e2), undefined);
    assert.match(issue({ CPUS: [8, 3], CPUS_ALL_REGIONS: [12, 3] }, e2) ?? "", /quota of CPUS is 8, of which 3 run/);
  });

  it("refuse a quota of 0 in plain words, before anything stops", () => {
    const said = issue({ N2_CPUS: [0, 0], CPUS_ALL_REGIONS: [32, 2] });
    assert.match(
      said ?? "",
      /^n2-highmem-16 has 16 cores, and the project's quota of N2_CPUS is 0\. Google raises it on request/,
    );
    assert.match(
      issue({ N2_CPUS: [24, 0], CPUS_ALL_REGIONS: [12, 2] }) ?? "",
      /quota of CPUS_ALL_REGIONS is 12, of which 2 run/,
    );
  });

  it("of spot VMs count if there are any", () => {
    assert.match(issue({ N2_CPUS: [24, 0], PREEMPTIBLE_CPUS: [8, 0] }, big, true) ?? "", /PREEMPTIBLE_CPUS is 8/);
    assert.equal(issue({ N2_CPUS: [24, 0], PREEMPTIBLE_CPUS: [0, 0] }, big, true), undefined);
    assert.equal(issue({ N2_CPUS: [0, 0], PREEMPTIBLE_CPUS: [16, 0] }, big, true), undefined);
  });
});

describe("Google's list of prices", () => {
  const entry = (description: string, usageType: string, units: number, nanos: number, region = "us-central1") => ({
    description,
    category: { usageType },
    serviceRegions: [region],
    pricingInfo: [{ pricingExpression: { tieredRates: [{ unitPrice: { units, nanos } }] } }],
  });
  const rates = ratesIn(
    [
      entry("N2 Custom Instance Core running in Americas", "OnDemand", 9, 0),
      entry("N2 Instance Core running in Zurich", "OnDemand", 9, 0, "europe-west6"),
      entry("N2 Instance Core running in Americas", "OnDemand", 0, 31_611_000),
      entry("N2 Instance Ram running in Americas", "OnDemand", 0, 4_237_000),
      entry("Spot Preemptible N2 Instance Core running in Americas", "Preemptible", 0, 8_000_000),
      entry("Spot Preemptible N2 Instance Ram running in Americas", "Preemptible", 0, 1_000_000),
      entry("E2 Instance Core running in Americas", "OnDemand", 0, 22_000_000),
      entry("E2 Instance Ram running in Americas", "OnDemand", 0, 3_000_000),
      entry("C2D AMD Instance Core running in Americas", "OnDemand", 0, 30_000_000),
    ],
    "us-central1",
  );

  it("gives the price of a type by its cores and memory, in its region", () => {
    assert.equal(priceOf(rates, big, false)?.toFixed(4), "1.0481");
    assert.equal(priceOf(rates, big, true)?.toFixed(3), "0.256");
  });

  it("counts a part of a core for types that share one", () => {
    assert.equal(priceOf(rates, micro, false)?.toFixed(4), "0.0085");
  });

  it("has no price for a family of which a part is missing, or which is unknown", () => {
    assert.equal(priceOf(rates, { name: "c2d-standard-4", cores: 4, memoryGb: 16 }, false), undefined);
    assert.equal(priceOf(rates, { name: "m1-ultramem-40", cores: 40, memoryGb: 961 }, false), undefined);
    assert.equal(priceOf(rates, { name: "e2-standard-4", cores: 4, memoryGb: 16 }, true), undefined);
  });

  it("is shown beside the types to choose from", () => {
    assert.equal(
      menuOf(rates, [{ name: "e2-standard-4", cores: 4, memoryGb: 16 }, big]),
      [
        "  type           cores  memory  USD/hour  as spot",
        "  e2-standard-4  4      16 GB   0.136     -",
        "  n2-highmem-16  16     128 GB  1.048     0.256",
      ].join("\n"),
    );
  });
});

describe("Google's credentials", () => {
  it("are refused in plain words if they are neither a key nor a file", () => {
    for (const GOOGLE_CREDENTIALS of ["{}", "not JSON", "/no/such/file"])
      assert.throws(
        () => googleWith({}, { GOOGLE_CREDENTIALS }),
        /are no key of a service account[\s\S]*gcloud auth application-default login/,
      );
  });

  it("may be in the stack's config, which comes first", () => {
    const user = { type: "authorized_user", client_id: "a", client_secret: "b", refresh_token: "c" };
    const config = { "gcp:credentials": JSON.stringify(user) };
    assert.doesNotThrow(() => googleWith(config, { GOOGLE_CREDENTIALS: "not JSON" }));
    assert.doesNotThrow(() => googleWith({ "gcp:accessToken": "a" }, { GOOGLE_CREDENTIALS: "not JSON" }));
  });
});

describe("What npm run boost says", () => {
  const at = (time: string) => new Date(`2026-11-28T${time}:00`);
  const what = { machineType: "n2-highmem-16", scheduling: {}, seconds: 7200, spot: false, anHour: 1.048 };
  const execution = (changes: Partial<Execution>): Execution => ({
    name: "e",
    state: "runs",
    what,
    began: at("16:00"),
    ends: at("18:00"),
    problem: "",
    ...changes,
  });

  it("before it begins: the change, the end, the cost, the pause", () => {
    const wanted = { type: big.name, hours: 2, spot: false };
    assert.equal(
      planOf(boost, { now: micro, next: big, wanted, anHour: 1.048, ends: at("18:00") }),
      [
        "The VM lab changes from e2-micro (2 cores, 1 GB) to n2-highmem-16 (16 cores, 128 GB).",
        "At 2026-11-28 18:00, after 2 hours, it goes back to e2-micro by itself, also if this machine is off.",
        "About 2.10 USD: 1.048 USD an hour, the list price in us-central1-a. Disks and address cost the same as before.",
        "The VM stops and starts twice: now, and when it goes back. Each takes two to three minutes. Its address and disks stay.",
      ].join("\n"),
    );
    const spot = { now: micro, next: big, wanted: { ...wanted, spot: true }, anHour: undefined, ends: at("18:00") };
    assert.match(
      planOf(boost, spot),
      /, a spot VM\.\n[\s\S]*can take the machine back[\s\S]*Its price is not known here: https:/,
    );
  });

  it("whose kernels end", () => {
    const activity = {
      kernels: [
        { person: "ann@example.com", busy: true, since: "" },
        { person: "ann@example.com", busy: false, since: "" },
        { person: "", busy: false, since: "" },
      ],
      ...{ terminals: 1, busy_terminals: 0, memory_mib: 1, limit_mib: 2 },
    };
    assert.equal(
      kernelsOf(activity),
      "! These end: ann@example.com (2 kernels, 1 busy), somebody (1 kernel), 1 terminal.",
    );
    assert.equal(kernelsOf({ ...activity, kernels: [], terminals: 0 }), "");
    assert.equal(kernelsOf("unknown"), "The site does not tell who works. All kernels end.");
  });

  it("what runs, and what it has cost", () => {
    const now = { ...big, status: "RUNNING" };
    assert.equal(
      told(boost, now, execution({}), at("16:30")),
      [
        "The VM lab is of type n2-highmem-16 (16 cores, 128 GB).",
        "n2-highmem-16 since 2026-11-28 16:00, about 0.52 USD so far. It goes back to e2-micro at 2026-11-28 18:00.",
      ].join("\n"),
    );
  });

  it("what ran, and why it ended early", () => {
    const now = { ...micro, status: "RUNNING" };
    const last = (changes: Partial<Execution>) => told(boost, now, execution(changes), at("20:00")).split("\n")[1];
    assert.equal(
      last({ state: "ended" }),
      "The last boost: n2-highmem-16 from 2026-11-28 16:00 to 2026-11-28 18:00, about 2.10 USD.",
    );
    assert.match(
      last({ state: "ended", ends: at("17:00") }) ?? "",
      /17:00, because Google took the machine back, about 1\.05 USD/,
    );
    assert.match(last({ state: "cancelled", ends: at("17:00") }) ?? "", /to 2026-11-28 17:00, about 1\.05 USD\.$/);
    assert.equal(told(boost, now, undefined, at("20:00")), "The VM lab is of type e2-micro (2 cores, 1 GB).");
    assert.match(
      told(boost, { ...big, status: "RUNNING" }, undefined, at("20:00")),
      /The settings say e2-micro: pulumi up$/,
    );
  });

  it("why it failed", () => {
    const exhausted = "The zone 'projects/p/zones/us-central1-a' does not have enough resources available";
    assert.match(
      problemOf(boost, execution({ state: "failed", problem: exhausted }), true),
      /^Google has no n2-highmem-16 free in us-central1-a now\. The VM has its usual type e2-micro again\./,
    );
    assert.match(
      problemOf(boost, execution({ problem: "Quota 'N2_CPUS' exceeded. Limit: 8.0" }), true),
      /^The project's quota does not allow/,
    );
    assert.match(problemOf(boost, execution({ problem: "Something else" }), true), /Google says: Something else$/);
    assert.match(
      told(boost, { ...micro, status: "TERMINATED" }, execution({ state: "failed", problem: exhausted }), at("20:00")),
      /\nThe VM is off, because Google could not start it\. To try again: npm run boost -- --back\./,
    );
  });
});
