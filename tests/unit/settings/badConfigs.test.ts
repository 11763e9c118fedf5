import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { readSettings, report } from "../../../settings/read.ts";
import { configWith } from "../../support/settings.ts";
import { oneFault, severalFaults } from "./badConfigs.ts";

describe("A config that cannot be used is refused as a whole, in the user's words:", () => {
  for (const [name, change, paragraphs] of oneFault)
    it(name, () => {
      const { settings, faults } = readSettings(configWith(change));
      assert.equal(
        report("dev", faults),
        `One thing is wrong with the settings of the stack dev. Nothing was changed.\n${paragraphs}`,
      );
      assert.equal(settings, undefined);
    });

  for (const [name, change, paragraphs] of severalFaults)
    it(`all faults together: ${name}`, () => {
      const { settings, faults } = readSettings(configWith(change));
      assert.equal(
        report("dev", faults),
        `${faults.length} things are wrong with the settings of the stack dev. Nothing was changed.\n${paragraphs}`,
      );
      assert.equal(settings, undefined);
    });

  const secret = "hunter2";
  for (const [place, signIn] of [
    ["signIn", [secret]],
    ["users that are no list", { users: { passwordHash: secret } }],
    ["a user that is a list", { users: [[secret]] }],
    ["a password hash", { users: [{ email: "ann@example.com", passwordHash: secret }] }],
    ["a setting that does not exist", { users: [{ email: "ann@example.com", password: secret }] }],
  ] as const)
    it(`the message does not repeat what may be secret: ${place}`, () => {
      const { faults } = readSettings(configWith({ signIn }));
      assert.notEqual(faults.length, 0);
      assert.equal(report("dev", faults).includes(secret), false);
    });
});
