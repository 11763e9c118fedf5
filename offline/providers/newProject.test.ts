import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { parse } from "yaml";
import { copyTrackedFiles } from "../../tests/support/trackedFiles.ts";
import { skip, type TrialStack, trialStack } from "./testing/trialStack.ts";

/** Tests a fresh clone as a template of `pulumi new`, with the real CLI. */
(skip ? describe.skip : describe)("pulumi new with a clone as the template", () => {
  let stack: TrialStack;
  let said: { code: number; text: string };
  const inProject = (...args: string[]) => stack.pulumi("--cwd", "project", ...args);
  const projectFile = async (folder: string) =>
    parse(await readFile(join(stack.folder, folder, "Pulumi.yaml"), "utf8")) as Record<string, unknown>;

  beforeAll(async () => {
    stack = await trialStack((folder) => copyTrackedFiles(join(folder, "clone")));
    // A stack without a file in the clone.
    stack.env.PULUMI_STACK = "lab";
    const clone = join(stack.folder, "clone");
    said = await stack.pulumi("new", clone, "--dir", "project", "--generate-only", "--yes", "--offline");
  });
  afterAll(() => stack.remove());

  it("creates the project and says how to start", () => {
    assert.equal(said.code, 0, said.text);
    assert.match(said.text, /Created project 'jupyter-up'/);
    assert.match(said.text, /\n {4}npm start\n/);
  });

  it("keeps the settings and the runtime of Pulumi.yaml", async () => {
    const { template, config, ...others } = await projectFile("clone");
    const { config: kept, ...made } = await projectFile("project");
    assert.notEqual(template, undefined);
    const { "pulumi:tags": tags, ...settings } = kept as Record<string, unknown>;
    assert.deepEqual(settings, config);
    assert.deepEqual(made, others);
  });

  it("creates a project whose settings load", async () => {
    await inProject("stack", "init", "lab");
    await inProject("config", "set", "--path", "allow[0]", "ann@example.com");
    await inProject("config", "set", "--path", "signIn.users[0].email", "ann@example.com");
    const { code, text } = await inProject("preview");
    assert.equal(code, 0, text);
    assert.match(text, /url +: "https:\/\/jupyter\.lab\.localhost:8443"/);
  });
});
