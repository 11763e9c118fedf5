import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, it } from "@jest/globals";

const checkout = fileURLToPath(new URL("../../..", import.meta.url));
const run = promisify(execFile);

describe("A checkout in a folder of any name, with a project of any name", () => {
  let parent: string;
  let folder: string;
  beforeAll(() => {
    parent = mkdtempSync(join(tmpdir(), "checkout-"));
    folder = join(parent, "C# 100% mine? %41 ü 🎉 [x] a:b&c;d'\"$e");
    mkdirSync(folder);
    for (const part of ["scripts", "components", "files", "offline", "settings", "package.json"])
      cpSync(join(checkout, part), join(folder, part), { recursive: true });
    symlinkSync(join(checkout, "node_modules"), join(folder, "node_modules"));
    writeFileSync(join(folder, "Pulumi.yaml"), "name: my-lab\nruntime: nodejs\n");
    mkdirSync(join(folder, ".state/pulumi/.pulumi/stacks/my-lab"), { recursive: true });
    writeFileSync(join(folder, ".state/pulumi/.pulumi/stacks/my-lab/local.json"), "{}");
  });
  afterAll(() => rmSync(parent, { recursive: true }));

  /** Evaluates an expression in that checkout, with the modules localStack.ts as `stack` and site.ts as `site`. */
  async function there(expression: string): Promise<unknown> {
    const program = `import * as stack from "./scripts/pulumi/localStack.ts"; import * as site from "./scripts/pulumi/site.ts"; console.log(JSON.stringify(await (${expression})))`;
    const { stdout } = await run(process.execPath, ["--input-type=module", "--eval", program], { cwd: folder });
    return JSON.parse(stdout);
  }

  it("keeps its state in its own folder, with a URL that the CLI decodes to it", async () => {
    const { pathname, search, hash } = new URL(String(await there("stack.stateEnvironment().PULUMI_BACKEND_URL")));
    assert.deepEqual([decodeURIComponent(pathname), search, hash], [join(folder, ".state/pulumi"), "", ""]);
  });

  it("finds its own stack, and its settings under the project's name", async () => {
    assert.equal(await there("stack.localStackExists()"), true);
    assert.equal(await there("stack.mirrorSetting"), "my-lab:imageMirror");
    assert.equal(await there('site.targetOf({ "my-lab:target": "gcp", "jupyter-up:target": "ssh" })'), "gcp");
    const providers = ["command", "random", "tls", "gcp"];
    assert.deepEqual(await there('site.providersFor({ "my-lab:target": "gcp", "my-lab:dns": "none" })'), providers);
  });

  it("refuses a state folder that is not writable, with a readable message", async () => {
    rmSync(join(folder, ".state"), { recursive: true });
    writeFileSync(join(folder, ".state"), "");
    const words = await there("stack.ensureStateFolder().catch(({ name, message }) => [name, message])");
    assert.deepEqual(words, [
      "PlainError",
      `The folder ${folder}/.state, which this program needs, is not writable (EEXIST).\n\nGive your user write access, or move the checkout; then run the command again.`,
    ]);
  });
});
