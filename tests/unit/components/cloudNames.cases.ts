import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { accountName, cloudName } from "../../../components/cloudNames.ts";

describe("The name of a stack's resources in the cloud", () => {
  it("is the stack's own where the cloud takes it", () => {
    assert.equal(cloudName("jupyter-up", "dev"), "jupyter-up-dev");
    assert.equal(accountName("jupyter-up", "dev"), "jupyter-up-dev");
  });

  const odd = ["Dev", "my_stack", "a.b", "-", "x".repeat(90), "dev-", "Ünicode"];
  for (const stack of odd)
    it(`is one that the cloud takes: ${stack}`, () => {
      assert.match(cloudName("jupyter-up", stack), /^[a-z]([-a-z0-9]{0,31}[a-z0-9])$/);
      assert.match(accountName("jupyter-up", stack), /^[a-z]([-a-z0-9]{4,28}[a-z0-9])$/);
    });

  it("leaves room for the longest that is made of it", () => {
    assert.ok(`${cloudName("jupyter-up", "x".repeat(90))}-data-northamerica-northeast1-a`.length <= 63);
  });

  it("is no other stack's", () => {
    const stacks = [...odd, "dev", "my-stack", "a-b", "x".repeat(91), `${"x".repeat(89)}y`];
    for (const name of [cloudName, accountName])
      assert.equal(new Set(stacks.map((stack) => name("jupyter-up", stack))).size, stacks.length);
  });
});
