import assert from "node:assert/strict";
import { join } from "node:path";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { skip, type TrialStack, trialStack } from "./testing/trialStack.ts";

(skip ? describe.skip : describe)("A stack with a machine reached by SSH", () => {
  let stack: TrialStack;

  beforeAll(async () => {
    const components = join(import.meta.dirname, "../../components");
    stack = await trialStack("sshState.program.ts", () => ({ COMPONENTS: components }));
    assert.equal((await pulumi("stack", "init", "dev")).code, 0);
  });

  afterAll(() => stack.remove());

  const pulumi = (...args: string[]) => stack.pulumi(...args);

  it("finds the machine in its state after the first `up`, and then has no changes", async () => {
    const first = await pulumi("up", "--yes", "--skip-preview");
    assert.equal(first.code, 0, first.text);
    assert.match(first.text, /found: "none"/);
    const preview = await pulumi("preview");
    assert.equal(preview.code, 0, preview.text);
    assert.match(preview.text, /found *: "none" => "ann@203\.0\.113\.7:22 ssh-ed25519 AAAA"/);
    const second = await pulumi("up", "--yes", "--skip-preview");
    assert.equal(second.code, 0, second.text);
    assert.match(second.text, /2 unchanged/);
  });
});
