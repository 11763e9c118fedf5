import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { settingsWith } from "../../support/settings.ts";

const ssh = { host: "203.0.113.7", privateKey: "-----BEGIN PRIVATE KEY-----", hostKey: "ssh-ed25519 AAAA" };

describe("The hour of reboots", () => {
  for (const [what, changes, expected] of [
    ["is four in the morning on a VM of the stack", { target: "gcp" }, { at: "04:00" }],
    ["may be another one", { target: "gcp", reboots: " 23:59" }, { at: "23:59" }],
    ["may be none", { target: "gcp", reboots: "off" }, false],
    ["is none on a machine that the user has", { target: "ssh", ssh }, false],
    ["may be set there", { target: "ssh", ssh, reboots: "04:00" }, { at: "04:00" }],
    ["is none on this machine", {}, false],
    ["may be switched off there, too", { reboots: "off" }, false],
  ] as const)
    it(what, () => assert.deepEqual(settingsWith(changes).reboots, expected));
});
