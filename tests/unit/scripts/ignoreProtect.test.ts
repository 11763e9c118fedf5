import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { refuseIgnoreProtect } from "../../../scripts/pulumi/ignoreProtect.ts";

describe("--ignore-protect", () => {
  const gcp = { "jupyter-up:target": "gcp" };
  const destroy = ["destroy", "--ignore-protect", "--stack", "dev"];

  it("is refused while protectData keeps a disk, in words that end in the command that lets it go", () => {
    for (const args of [destroy, ["up", "--ignore-protect=true"]])
      for (const config of [gcp, { ...gcp, "jupyter-up:protectData": "true" }])
        assert.throws(() => refuseIgnoreProtect(args, config), {
          name: "PlainError",
          message:
            /disk with your work.*Nothing was changed\.[\s\S]*\n {4}pulumi config set protectData false && pulumi up$/,
        });
  });

  it("is none of our business without it, or where no disk is kept", () => {
    refuseIgnoreProtect(["destroy", "--yes"], gcp);
    refuseIgnoreProtect(["destroy", "--ignore-protect=false"], gcp);
    for (const off of [false, "false"]) refuseIgnoreProtect(destroy, { ...gcp, "jupyter-up:protectData": off });
    refuseIgnoreProtect(destroy, { "jupyter-up:target": "ssh" });
    refuseIgnoreProtect(destroy, {});
  });
});
