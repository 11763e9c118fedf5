import assert from "node:assert/strict";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { inventory } from "../../offline/cloud/inventory.ts";
import { answerAt, CloudStack, onGoogle } from "../e2e/support/cloudStack.ts";

describe("an interrupted `pulumi up` that is run again", () => {
  let stack: CloudStack;
  const vm = (command: string) => stack.on("us-central1-a-jupyter-up-lab", command);

  beforeAll(async () => {
    stack = await CloudStack.make(onGoogle);
  });
  afterAll(async () => {
    await stack?.destroy();
    await stack?.remove();
  });

  it("results in the same site, at any point of the interruption", async () => {
    await stack.upUntil(/Installing docker\.io/);
    await stack.upUntil(/site-release creating .*Pulling/);
    const { code, text } = await stack.up();
    assert.equal(code, 0, text);
    assert.deepEqual((await stack.up()).plan, {});
    const names = await vm("docker ps --format '{{.Names}}'");
    const services = ["dex", "jupyter", "nginx", "vouch"];
    assert.deepEqual(
      names.split("\n").sort(),
      services.map((service) => `jupyter-up-lab-${service}-1`),
    );
    assert.equal(await answerAt(await stack.output("address")), "302");
  });

  it("leaves no resource that `pulumi destroy` does not delete", async () => {
    const { code, text } = await stack.destroy();
    assert.equal(code, 0, text);
    assert.deepEqual(await inventory(stack.cloud), { resources: [], containers: [], networks: [] });
  });
});
