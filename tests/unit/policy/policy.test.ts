import assert from "node:assert/strict";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { type Resource, runUnderMocks } from "../../support/mocks.ts";
import { type PolicyPack, startPolicyPack } from "../../support/policyPack.ts";
import { pulumiConfig } from "../../support/projectFile.ts";
import { rows } from "./rows.ts";

let runs = 0;
/** The resources of the program with these settings. */
async function resourcesOf(settings: Record<string, unknown>): Promise<Resource[]> {
  runs += 1;
  const people = {
    "jupyter-up:allow": ["ann@example.com"],
    "jupyter-up:signIn": { users: [{ email: "ann@example.com" }] },
  };
  const config = pulumiConfig({ ...people, ...settings });
  const program = () => import(`../../../index.ts?policy=${runs}`);
  return (await runUnderMocks(config, program, {}, { encrypted: ["jupyter-up:ssh"] })).resources;
}

const vm = {
  "jupyter-up:target": "gcp",
  "jupyter-up:project": "my-project-123456",
  "jupyter-up:domain": "example.com",
  "jupyter-up:sshFrom": ["203.0.113.7/32"],
  "gcp:accessToken": "of a test",
  "cloudflare:apiToken": "a-token-of-cloudflares-of-forty-characters",
};
const ssh = {
  "jupyter-up:target": "ssh",
  "jupyter-up:domain": "lab.example.com",
  "jupyter-up:dns": "none",
  "jupyter-up:ssh": {
    ...{ host: "127.0.0.1", port: 1, hostKey: "ssh-ed25519 AAAA", address: "203.0.113.9" },
    privateKey: "-----BEGIN PRIVATE KEY-----",
  },
};

/** The settings of each kind of stack. */
const stacks: Record<string, Record<string, unknown>> = {
  "on this machine": {},
  "on a machine that is reached by SSH": ssh,
  "on Google Cloud": { ...vm, "jupyter-up:dns": "none" },
  "on Google Cloud, with all on the boot disk": { ...vm, "jupyter-up:dns": "none", "jupyter-up:dataDiskGb": 0 },
  "on Google Cloud, behind Cloudflare": vm,
  "on Google Cloud, with Cloudflare's DNS only": {
    ...vm,
    "jupyter-up:proxied": false,
    "jupyter-up:acmeEmail": "ann@example.com",
  },
  "on Google Cloud, with snapshots, a bucket of its own, and a bigger machine type for some hours": {
    ...vm,
    "jupyter-up:boost": true,
    "jupyter-up:dailySnapshots": true,
    "jupyter-up:backup": { to: "bucket" },
  },
};

let pack: PolicyPack;
beforeAll(async () => {
  pack = await startPolicyPack();
});
afterAll(() => pack.stop());

describe("The policy pack", () => {
  for (const [what, settings] of Object.entries(stacks))
    it(`finds nothing wrong with a stack ${what}`, async () => {
      assert.deepEqual(await pack.check(await resourcesOf(settings)), []);
    });

  it("only warns about work that the user has given up the protection of", async () => {
    const found = await pack.check(await resourcesOf({ ...vm, "jupyter-up:protectData": false }));
    assert.deepEqual(
      found.map(({ rule, at, advisory }) => [rule, at, advisory]),
      [["work-is-protected", "host-data", true]],
    );
  });
});

describe("A rule of the policy pack", () => {
  let whole: Resource[];
  beforeAll(async () => {
    whole = await resourcesOf(
      stacks["on Google Cloud, with snapshots, a bucket of its own, and a bigger machine type for some hours"] ?? {},
    );
  });

  it("is broken by a row of this test", () => {
    assert.deepEqual([...new Set(rows.map(({ rule }) => rule))].sort(), pack.rules.toSorted());
  });

  for (const { rule, what, at, change, message } of rows)
    it(`${rule} reports ${what}`, async () => {
      const resources = structuredClone(whole);
      const changed = resources.find(({ name }) => name === at);
      assert.ok(changed, at);
      change(changed);
      const found = await pack.check(resources, [changed]);
      assert.deepEqual(
        found.map(({ rule, at, message }) => ({ rule, at, message })),
        [{ rule, at, message }],
      );
    });
});
