import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { formerMachineOf, leftBehind } from "../../../components/leftBehind.ts";

const machine = { host: "203.0.113.7", port: 22, user: "ann", hostKey: "ssh-ed25519 AAAA" };

describe("A machine that the settings no longer name", () => {
  it("is that of the last release that succeeded", () => {
    const made = { "command:remote:Command::site-release": { connection: machine } };
    assert.deepEqual(formerMachineOf(made), machine);
    assert.equal(formerMachineOf({}), undefined);
  });

  it("is the same one while its host key is", () => {
    assert.equal(leftBehind(machine, "ssh-ed25519 AAAA", "jupyter-up-home"), undefined);
  });

  it("has the site running on, until the command that is shown", () => {
    const words = leftBehind(machine, "ssh-ed25519 BBBB", "jupyter-up-home")?.split("\n") ?? [];
    assert.match(words[0] ?? "", /^ssh\.hostKey: .* it runs on there/);
    assert.match(
      words.at(-1) ?? "",
      /ssh .*ssh-ed25519 AAAA' ann@203\.0\.113\.7 sudo \/opt\/jupyter-up\/bin\/site-apply down jupyter-up-home$/,
    );
  });
});
