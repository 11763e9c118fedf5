import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { refuseIgnoreProtect } from "../../../scripts/pulumi/ignoreProtect.ts";

describe("--ignore-protect", () => {
  const gcp = { "jupyter-up:target": "gcp" };
  const destroy = ["destroy", "--ignore-protect", "--stack", "dev"];

  it("is refused while protectData protects a disk, with the command that turns protectData off", () => {
    for (const args of [destroy, ["up", "--ignore-protect=true"]])
      for (const config of [gcp, { ...gcp, "jupyter-up:protectData": "true" }])
        assert.throws(() => refuseIgnoreProtect(args, config), {
          name: "PlainError",
          message:
            /disk with your work.*Nothing was changed\.[\s\S]*\n {4}pulumi config set protectData false && pulumi up$/,
        });
  });

  it("is not refused if it is absent, or if no disk is protected", () => {
    refuseIgnoreProtect(["destroy", "--yes"], gcp);
    refuseIgnoreProtect(["destroy", "--ignore-protect=false"], gcp);
    for (const off of [false, "false"]) refuseIgnoreProtect(destroy, { ...gcp, "jupyter-up:protectData": off });
    refuseIgnoreProtect(destroy, { "jupyter-up:target": "ssh" });
    refuseIgnoreProtect(destroy, {});
  });
});
