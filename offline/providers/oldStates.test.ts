import assert from "node:assert/strict";
import { cp } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { openCloud } from "../cloud/folder.ts";
import { addZone } from "./packages/cloudflare/zones.ts";
import { skip, type TrialStack, trialStack } from "./testing/trialStack.ts";

/**
 * Tests updates of stacks that an older version of the program created. Their states were exported after the first `pulumi up`
 * of that version, with the fake providers of that time. They were shortened: they have no source positions, short texts
 * replace the commands' standard input, and the certificates do not expire. PASSPHRASE decrypts them.
 */
const checkout = join(import.meta.dirname, "../..");
const states = join(import.meta.dirname, "oldStates");
const PASSPHRASE = "old states";
/** The files and folders of the program. */
const PROGRAM = ["index.ts", "Pulumi.yaml", "Pulumi.README.md", "package.json", "components", "files", "settings"];

const credentials = JSON.stringify({
  type: "service_account",
  client_email: "up@my-project-123456.iam.gserviceaccount.com",
});

/** The plan of `pulumi up`: names of resources by operation, without components and unchanged resources. */
type Plan = Record<string, string[]>;

interface Preview {
  steps: { op: string; urn: string }[];
}

function planOf({ steps }: Preview): Plan {
  const plan: Plan = {};
  for (const { op, urn } of steps) {
    const [, , types = "", name = ""] = urn.split("::");
    const type = types.split("$").at(-1) ?? "";
    if (op !== "same" && !/^(jupyter-up:index|pulumi:pulumi):/.test(type))
      plan[op] = [...(plan[op] ?? []), name].sort();
  }
  return plan;
}

const release = ["site-release", "site-secrets", "site-setup"];

const plans: Record<string, { what: string; plan: Plan }> = {
  local: { what: "on this machine", plan: { create: ["secrets-backup"], update: release } },
  dev: {
    what: "on Google Cloud, behind Cloudflare",
    plan: {
      create: ["gcp", "pulls-in-use", "secrets-backup"],
      // Address, disk and VM get a label, which does not stop the VM. The fake edge has a different address in each folder.
      update: ["host-address", "host-data", "host-provision", "host-vm", "host-web-firewall", ...release],
    },
  },
  lab: {
    what: "on a machine that is reached by SSH",
    plan: { create: ["secrets-backup"], update: ["host-provision", ...release] },
  },
};

for (const [name, { what, plan }] of Object.entries(plans)) {
  (skip ? describe.skip : describe)(`A stack ${what} by an older version`, () => {
    let stack: TrialStack;

    beforeAll(async () => {
      stack = await trialStack(
        async (folder) => {
          for (const part of PROGRAM) await cp(join(checkout, part), join(folder, part), { recursive: true });
          await cp(join(states, `Pulumi.${name}.yaml`), join(folder, `Pulumi.${name}.yaml`));
        },
        (folder) => ({
          JUPYTER_UP_CLOUD: join(folder, "cloud"),
          GOOGLE_CREDENTIALS: credentials,
          CLOUDFLARE_API_TOKEN: "a-token-of-cloudflares-of-forty-characters",
        }),
      );
      Object.assign(stack.env, { PULUMI_CONFIG_PASSPHRASE: PASSPHRASE, PULUMI_STACK: name });
      await addZone(openCloud(join(stack.folder, "cloud")), "example.com");
      const made = await stack.pulumi("stack", "init", name);
      assert.equal(made.code, 0, made.text);
      const imported = await stack.pulumi("stack", "import", "--file", join(states, `${name}.json`));
      assert.equal(imported.code, 0, imported.text);
    });

    afterAll(() => stack.remove());

    it("is updated in place, and keeps disk, address, keys, certificates and passwords", async () => {
      const { code, text } = await stack.pulumi("preview", "--json");
      assert.equal(code, 0, text);
      assert.deepEqual(planOf(JSON.parse(text)), plan);
      assert.doesNotMatch(text, /unable to detect a global setting for GCP Project/);
    });
  });
}
