import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it, jest } from "@jest/globals";
import * as pulumi from "@pulumi/pulumi";
import { merge, report } from "../../../components/preflight/findings.ts";

describe("Findings", () => {
  let said: string[];
  beforeEach(() => {
    said = [];
    for (const level of ["info", "warn"] as const)
      jest.spyOn(pulumi.log, level).mockImplementation(async (text: string) => void said.push(`${level}: ${text}`));
  });
  afterEach(() => void jest.restoreAllMocks());

  it("of several checks are merged into one list without duplicates", () => {
    assert.deepEqual(merge({ issues: ["a", undefined] }, {}, { issues: ["b", "a"], warnings: [undefined, "w"] }), {
      issues: ["a", "b"],
      warnings: ["w"],
      notices: [],
    });
  });

  it("without issues are logged as warnings and notices", async () => {
    await report({ issues: [], warnings: ["w"], notices: ["n"] });
    assert.deepEqual(said, ["warn: w", "info: n"]);
  });

  it("with issues are thrown as one error with all issues and warnings", async () => {
    await assert.rejects(report({ issues: ["a", "b"], warnings: ["w"], notices: ["n"] }), (error: Error) => {
      assert.ok(pulumi.RunError.isInstance(error));
      assert.equal(error.message, "Nothing was changed. a\n\nb\n");
      return true;
    });
    assert.deepEqual(said, ["warn: w"]);
  });
});
