import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { openCloud } from "../cloud/folder.ts";
import { inventory } from "../cloud/inventory.ts";
import { skip, type TrialStack, trialStack } from "./testing/trialStack.ts";

const credentials = JSON.stringify({ type: "service_account", client_email: "up@my-project.iam.gserviceaccount.com" });
const components = join(import.meta.dirname, "../../components");
const urn = "urn:pulumi:dev::trial::jupyter-up:index:GcpVm$gcp:storage/bucket:Bucket::host-backup-bucket";

/** Each test starts where the previous one ended. */
(skip ? describe.skip : describe)("The bucket of a stack's backups, with the real engine,", () => {
  let stack: TrialStack;
  const resources = async () => (await inventory(openCloud(join(stack.folder, "cloud")))).resources;
  const up = () => stack.pulumi("up", "--yes", "--skip-preview");

  beforeAll(async () => {
    stack = await trialStack("backupBucket.program.ts", (folder) => ({
      JUPYTER_UP_CLOUD: join(folder, "cloud"),
      GOOGLE_CREDENTIALS: credentials,
      COMPONENTS: components,
    }));
    assert.equal((await stack.pulumi("stack", "init", "dev")).code, 0);
  });
  afterAll(() => stack.remove());

  it("is created, and the key of its account is a secret", async () => {
    const { code, text } = await up();
    assert.equal(code, 0, text);
    const { text: outputs } = await stack.pulumi("stack", "output", "--json");
    assert.match(outputs, /"credential": "\[secret\]"/);
    const shown = await stack.pulumi("stack", "output", "credential", "--show-secrets");
    assert.equal(JSON.parse(shown.text).client_email, "backup-lab@my-project.iam.gserviceaccount.com");
    const exported = await stack.pulumi("stack", "export");
    assert.doesNotMatch(exported.text, /PRIVATE KEY/);
  });

  it("is left by `pulumi destroy`, and its account is not", async () => {
    const { code, text } = await stack.pulumi("destroy", "--yes", "--skip-preview");
    assert.equal(code, 0, text);
    assert.deepEqual(await resources(), ["projects/_/buckets/my-project-lab-backup"]);
  });

  it("is imported by the explained command, and used again", async () => {
    const refused = await up();
    assert.notEqual(refused.code, 0);
    const { explain } = await import(`${components}/explain/explain.ts`);
    const found = /urn:pulumi:\S+::host-backup-bucket/.exec(refused.text)?.[0] ?? urn;
    const command =
      String(explain(refused.text, found, "gcp"))
        .split("\n")
        .at(-1) ?? "";
    assert.match(
      command,
      /^pulumi import gcp:storage\/bucket:Bucket host-backup-bucket "\$\(gcloud storage buckets list /,
    );
    const here = command.replace(/"\$\(gcloud.*?\)"/, "my-project-lab-backup");
    await promisify(execFile)("sh", ["-c", `${here} --yes --non-interactive`], { cwd: stack.folder, env: stack.env });
    const { code, text } = await up();
    assert.equal(code, 0, text);
    assert.equal((await resources()).length, 4);
  });
});
