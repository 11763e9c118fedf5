/** Tests that hold only for the fake, not for the real Vouch. */
import assert from "node:assert/strict";
import { test } from "@jest/globals";
import { contractConfigs, merge } from "./testing/configs.ts";
import { VouchProcess } from "./testing/vouchProcess.ts";

const skip = process.env.VOUCH_BINARY !== undefined;
const { root } = contractConfigs({ url: "http://idp.test", clientId: "x", clientSecret: "y" });

const beyond: [setting: string, change: Record<string, unknown>][] = [
  ["oauth.provider: azure", { oauth: { provider: "azure" } }],
  ["vouch.jwt.signing_method: RS256", { vouch: { jwt: { signing_method: "RS256" } } }],
  ["vouch.teamWhitelist", { vouch: { teamWhitelist: ["org/team"] } }],
  ["vouch.testing", { vouch: { testing: true } }],
];

for (const [setting, change] of beyond) {
  (skip ? test.skip : test)(`The fake Vouch refuses to start with ${setting}`, async () => {
    const vouch = await VouchProcess.spawn(merge(root, change));
    assert.equal(await vouch.ended(), 1);
    assert.ok(vouch.output.includes(`the fake Vouch does not know ${setting}`), vouch.output);
    await vouch.stop();
  });
}

(skip ? test.skip : test)("The fake Vouch says on its pages what it is", async () => {
  const vouch = await VouchProcess.start(root);
  for (const path of ["/logout", "/login"]) assert.match((await vouch.get(path)).body, /fake Vouch/);
  await vouch.stop();
});
