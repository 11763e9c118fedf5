import assert from "node:assert/strict";
import { globSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, it } from "@jest/globals";
import { run } from "../support/command.ts";

const project = fileURLToPath(new URL("../..", import.meta.url));
// Files that a script includes are checked with it, because they use its variables.
const scripts = [
  "scripts/with-node",
  ...globSync("offline/kubernetes/scripts/*.sh", { cwd: project }),
  ...globSync("files/**/*.sh", { cwd: project, exclude: ["files/host/provision"] }),
];
// One line
const shellcheckOptions = [
  ...["--shell=sh", "--severity=style"],
  ...["--external-sources", "--check-sourced", "--source-path=SCRIPTDIR"],
];

describe("Every shell script", () => {
  for (const script of scripts) {
    it(`is a POSIX script without findings of shellcheck: ${script}`, async () => {
      const checked = await run("shellcheck", [...shellcheckOptions, `${project}/${script}`]);
      assert.deepEqual(checked, { code: 0, output: "" });
    });

    it(`can be parsed by this machine's shell: ${script}`, async () => {
      assert.deepEqual(await run("sh", ["-n", `${project}/${script}`]), { code: 0, output: "" });
    });
  }
});
