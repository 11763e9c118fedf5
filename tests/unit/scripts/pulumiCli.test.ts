import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, it } from "@jest/globals";
import { languageHostRecipe, pulumiVersion } from "../../../scripts/pulumi/pulumiCli.ts";

describe("The fetched Pulumi CLI", () => {
  const program = new URL("../../../scripts/pulumi/pulumiCli.ts", import.meta.url);
  let home: string;
  let installation: string;
  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), "pulumi-cli-"));
    installation = join(home, ".cache/jupyter-up/pulumi/versions", pulumiVersion);
    await mkdir(join(installation, "bin"), { recursive: true });
    for (const name of ["pulumi", "pulumi-language-nodejs"]) {
      await writeFile(join(installation, "bin", name), "");
      await chmod(join(installation, "bin", name), 0o755);
    }
  });
  afterEach(() => rm(home, { recursive: true }));

  /** What the scripts find in this home directory. */
  async function found(): Promise<string> {
    const code = `const { findPulumiCli } = await import(${JSON.stringify(program.href)}); console.log((await findPulumiCli())?.command ?? "nothing");`;
    const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", code], {
      env: { HOME: home, PATH: "/usr/bin:/bin" },
    });
    return stdout.trim();
  }

  it("is used if its language host is the one that runs policy packs", async () => {
    await writeFile(join(installation, "language-host"), languageHostRecipe);
    assert.equal(await found(), join(installation, "bin/pulumi"));
  });

  it("is not used with a language host of an older version of this project", async () => {
    assert.equal(await found(), "nothing");
    await writeFile(join(installation, "language-host"), "another");
    assert.equal(await found(), "nothing");
  });
});
