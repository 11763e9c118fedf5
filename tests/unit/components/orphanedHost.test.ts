import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { formerMachineOf, orphanedHost, releaseKeyOf } from "../../../components/preflight/orphanedHost.ts";
import { SITE } from "../../../components/release/siteRelease.ts";

const machine = { host: "203.0.113.7", port: 22, user: "ann", hostKey: "ssh-ed25519 AAAA" };

describe("The former machine of a stack", () => {
  it("is that of the last successful release", () => {
    const made = { [releaseKeyOf(SITE)]: { connection: machine } };
    assert.deepEqual(formerMachineOf(made, releaseKeyOf(SITE)), machine);
    assert.equal(formerMachineOf({}, releaseKeyOf(SITE)), undefined);
  });

  it("is found by the key that the state of every existing stack contains", () => {
    assert.equal(releaseKeyOf(SITE), "command:remote:Command::site-release");
  });

  it("is undefined if the state does not identify it", () => {
    for (const connection of [undefined, {}, { host: "203.0.113.7" }, { ...machine, hostKey: undefined }, "unknown"])
      assert.equal(formerMachineOf({ [releaseKeyOf(SITE)]: { connection } }, releaseKeyOf(SITE)), undefined);
  });

  it("is not orphaned while the host key is unchanged", () => {
    assert.equal(orphanedHost(machine, "ssh-ed25519 AAAA", "jupyter-up-home"), undefined);
  });

  it("is orphaned with another host key, and is reported with the command that takes its site down", () => {
    const words = orphanedHost(machine, "ssh-ed25519 BBBB", "jupyter-up-home")?.split("\n") ?? [];
    assert.match(words[0] ?? "", /^ssh\.hostKey: .* still runs there/);
    assert.match(
      words.at(-1) ?? "",
      /ssh .*ssh-ed25519 AAAA' ann@203\.0\.113\.7 sudo sh \/opt\/jupyter-up\/bin\/site-apply down jupyter-up-home$/,
    );
  });
});
