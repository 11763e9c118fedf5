import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { rolledBack } from "../../../components/preflight/rolledBack.ts";
import { rollbackOf, rollbackWords } from "../../../components/release/rollback.ts";

describe("A site that was rolled back", () => {
  const command = (words: string) => `sh '/opt/jupyter-up/bin/site-apply' ${words}`;
  for (const type of ["command:local:Command", "command:remote:Command"])
    it(`is told from the state of its release: ${type}`, () => {
      const state = (words: string) => ({ [`${type}::site-release`]: { create: command(words) } });
      assert.match(
        String(rolledBack(state(rollbackWords("0123abcd")))),
        /^The site was rolled back to release 0123abcd \(npm run rollback\)\. pulumi up releases the settings again\./,
      );
      assert.equal(rolledBack(state("release")), undefined);
    });

  it("is not told of a stack without a release", () => {
    assert.equal(rolledBack({}), undefined);
  });

  it("is one because of a variable", () => {
    assert.equal(rollbackOf({ JUPYTER_UP_ROLLBACK: "0123abcd" }), "0123abcd");
    assert.equal(rollbackOf({ JUPYTER_UP_ROLLBACK: "" }), undefined);
    assert.equal(rollbackOf({}), undefined);
  });
});
