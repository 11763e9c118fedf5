import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { parseEvent } from "../../scripts/pulumi/engineEvents.ts";
import { explanations } from "../../scripts/pulumi/explanations.ts";
import { writeJson } from "../cloud/files.ts";
import { skip, type TrialStack, trialStack } from "./testing/trialStack.ts";

const credentials = JSON.stringify({ type: "service_account", client_email: "up@my-project.iam.gserviceaccount.com" });

/** Plain `pulumi`, as a person runs it. Each test starts where the previous one ended. */
(skip ? describe.skip : describe)("The explanation of an error of Google Cloud, with the real engine,", () => {
  let stack: TrialStack;
  /** Whether this engine and this language host know error hooks. */
  let hooks: boolean;

  const up = () => stack.pulumi("up", "--yes", "--skip-preview");
  const refuse = (...operations: string[]) =>
    writeJson(
      join(stack.folder, "cloud/faults.json"),
      operations.map((operation) => ({ type: "gcp:compute/network:Network", operation, fault: "permission denied" })),
    );

  beforeAll(async () => {
    stack = await trialStack("explained.program.ts", (folder) => ({
      JUPYTER_UP_CLOUD: join(folder, "cloud"),
      GOOGLE_CREDENTIALS: credentials,
      COMPONENTS: join(import.meta.dirname, "../../components"),
    }));
    assert.equal((await stack.pulumi("stack", "init", "dev")).code, 0);
  });

  afterAll(() => stack.remove());

  function assertExplained(text: string, action: string): void {
    const refusal = `Error 403: Required 'compute.networks.${action}' permission`;
    assert.ok(text.includes(refusal), text);
    const explanation = new RegExp(
      `error: Your Google account lacks the permission compute\\.networks\\.${action} [^\n]*\n +gcloud projects add-iam-policy-binding my-project `,
    );
    if (hooks) assert.match(text, explanation);
    else assert.doesNotMatch(text, /Your Google account/);
    assert.doesNotMatch(text, /retrying|hook/);
  }

  it("is explained beside the error of the engine, once", async () => {
    await refuse("create");
    const { code, text } = await up();
    hooks = (await readFile(join(stack.folder, "hooks"), "utf8")) === "true";
    assert.notEqual(code, 0);
    assertExplained(text, "create");
    // Below "Diagnostics" alone: as progress, only the first line of an error is shown.
    assert.equal(text.split("add-iam-policy-binding").length - 1, hooks ? 1 : 0, text);
  });

  it("is explained by the npm scripts only if the program has not", async () => {
    const log = join(stack.folder, "events.jsonl");
    Object.assign(stack.env, { PULUMI_DEBUG_COMMANDS: "true", PULUMI_OPTION_EVENT_LOG: log });
    const { text } = await up();
    for (const name of ["PULUMI_DEBUG_COMMANDS", "PULUMI_OPTION_EVENT_LOG"]) delete stack.env[name];
    assertExplained(text, "create");
    const events = (await readFile(log, "utf8")).split("\n").flatMap((line) => parseEvent(line) ?? []);
    assert.equal(explanations(events, "gcp").length, hooks ? 0 : 1);
  });

  it("is absent after the refusal ends: everything is created, and then nothing changes", async () => {
    await refuse();
    const created = await up();
    assert.equal(created.code, 0, created.text);
    assert.match(created.text, /\+ 1 created/);
    const { code, text } = await up();
    assert.equal(code, 0, text);
    assert.match(text, /Resources:\n +3 unchanged\n/);
  });

  it("stays in the provider's words in `pulumi destroy`, which does not run the program", async () => {
    await refuse("delete");
    const { code, text } = await stack.pulumi("destroy", "--yes", "--skip-preview");
    assert.notEqual(code, 0);
    assert.match(text, /Error 403: Required 'compute\.networks\.delete' permission/);
    assert.doesNotMatch(text, /hook/);
  });

  it("is explained there as well with --run-program", async () => {
    const { code, text } = await stack.pulumi("destroy", "--yes", "--skip-preview", "--run-program");
    assert.notEqual(code, 0);
    assertExplained(text, "delete");
  });
});
