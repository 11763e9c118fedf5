import assert from "node:assert/strict";
import { cp } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { type PolicyPack, startPolicyPack } from "../../tests/support/policyPack.ts";
import { openCloud } from "../cloud/folder.ts";
import { addZone } from "./packages/cloudflare/zones.ts";
import { skip, type TrialStack, trialStack } from "./testing/trialStack.ts";

/** Tests the policy pack with the real engine: as `pulumi preview --policy-pack policy`, for new stacks. */
const checkout = join(import.meta.dirname, "../..");
const PASSPHRASE = "old states";
const PROGRAM = ["index.ts", "Pulumi.yaml", "Pulumi.README.md", "package.json", "components", "files", "settings"];

const environment = (folder: string) => ({
  JUPYTER_UP_CLOUD: join(folder, "cloud"),
  GOOGLE_PROJECT: "my-project-123456",
  GOOGLE_CREDENTIALS: JSON.stringify({
    type: "service_account",
    client_email: "up@my-project-123456.iam.gserviceaccount.com",
  }),
  CLOUDFLARE_API_TOKEN: "a-token-of-cloudflares-of-forty-characters",
});

/** The rules that a preview reports, with their levels. */
const reported = (text: string) => [
  ...new Set([...text.matchAll(/- \[(mandatory|advisory)\] +([\w-]+) /g)].map(([, level, rule]) => `${level} ${rule}`)),
];

(skip ? describe.skip : describe)("The policy pack in a preview", () => {
  const stacks: TrialStack[] = [];
  let pack: PolicyPack;
  beforeAll(async () => {
    pack = await startPolicyPack();
  });
  afterAll(async () => {
    await pack.stop();
    for (const stack of stacks) await stack.remove();
  });

  for (const name of ["local", "lab", "dev"])
    it(`finds nothing wrong with the program and Pulumi.${name}.yaml`, async () => {
      const stack = await trialStack(async (folder) => {
        for (const part of [...PROGRAM, "policy"])
          await cp(join(checkout, part), join(folder, part), { recursive: true });
        const file = `Pulumi.${name}.yaml`;
        await cp(join(import.meta.dirname, "oldStates", file), join(folder, file));
      }, environment);
      stacks.push(stack);
      Object.assign(stack.env, { PULUMI_CONFIG_PASSPHRASE: PASSPHRASE, PULUMI_STACK: name });
      await addZone(openCloud(join(stack.folder, "cloud")), "example.com");
      await stack.pulumi("stack", "init", name);
      const { code, text } = await stack.pulumi("preview", "--policy-pack", "policy");
      assert.equal(code, 0, text);
      assert.match(text, /✅ jupyter-up@v[\d.]+ \(local: policy\)\n/);
      assert.deepEqual(reported(text), []);
      assert.doesNotMatch(text, /can't run policy/);
    });

  it("fails for a program that breaks every rule, and names each one", async () => {
    const stack = await trialStack("policyPack.program.ts", environment);
    stacks.push(stack);
    await stack.pulumi("stack", "init", "dev");
    const { code, text } = await stack.pulumi("preview", "--policy-pack", join(checkout, "policy"));
    assert.notEqual(code, 0);
    const advisory = ["work-is-protected"];
    const expected = pack.rules.map((rule) => `${advisory.includes(rule) ? "advisory" : "mandatory"} ${rule}`);
    assert.deepEqual(reported(text).sort(), expected.sort(), text);
    assert.match(text, /^ +It opens tcp 8888\. Only tcp 443, 80 and 22 may be open/m);
  });
});
