import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { explain } from "../../components/explain/explain.ts";
import { until } from "../../tests/support/until.ts";
import { writeJson } from "../cloud/files.ts";
import { cli, skip, type TrialStack, trialStack } from "./testing/trialStack.ts";

const URN = "urn:pulumi:dev::trial::jupyter-up:index:GcpVm$gcp:compute/network:Network::host-network";

/** Each test starts where the previous one ended. */
(skip ? describe.skip : describe)("An engine killed while the cloud creates an object", () => {
  let stack: TrialStack;
  let folder: string;
  let env: NodeJS.ProcessEnv;
  let networks: string;

  beforeAll(async () => {
    stack = await trialStack("interrupted.program.ts", (folder) => ({
      JUPYTER_UP_CLOUD: join(folder, "cloud"),
      GOOGLE_OAUTH_ACCESS_TOKEN: "a-token",
    }));
    ({ folder, env } = stack);
    networks = join(folder, "cloud/resources/projects/my-project/global/networks");
    assert.equal((await run("pulumi stack init dev")).code, 0);
  });

  afterAll(() => stack.remove());

  /** Runs a command as a user would paste it. */
  function run(command: string): Promise<{ code: number; text: string }> {
    return new Promise((resolve) => {
      execFile("sh", ["-c", `${command} --non-interactive`], { cwd: folder, env }, (error, stdout, stderr) =>
        resolve({ code: error === null ? 0 : Number(error.code), text: stdout + stderr }),
      );
    });
  }

  const commandIn = (explained: string | undefined) => explained?.split("\n").at(-1) ?? "";

  it("leaves a lock, and the explanation names the command that removes it", async () => {
    // Long enough to kill the engine after the cloud created the object and before the engine recorded it.
    const operations = join(folder, "cloud/operations.json");
    await writeJson(operations, { milliseconds: 5000 });
    const child = spawn(cli?.command ?? "", ["up", "--yes", "--skip-preview", "--non-interactive"], {
      cwd: folder,
      env,
      stdio: "ignore",
      detached: true,
    });
    const ended = new Promise((resolve) => child.once("close", resolve));
    await until("a network in the cloud", () => existsSync(join(networks, "net.json")));
    assert.ok(child.pid);
    process.kill(-child.pid, "SIGKILL");
    await ended;
    await rm(operations);

    const { code, text } = await run("pulumi up --yes --skip-preview");
    assert.notEqual(code, 0);
    const command = commandIn(explain(text));
    assert.equal(command, "pulumi cancel --yes");
    assert.equal((await run(command)).code, 0);
  });

  it("leaves an object unknown to Pulumi, and the explanation names the command that imports it", async () => {
    const { code, text } = await run("pulumi up --yes --skip-preview");
    assert.notEqual(code, 0, text);
    const command = commandIn(explain(text, URN));
    assert.match(command, /^pulumi import gcp:compute\/network:Network host-network projects\/my-project\/global/);
    const imported = await run(`${command} --yes`);
    assert.equal(imported.code, 0, imported.text);
  });

  it("then ends in the same site: nothing twice, nothing orphaned, nothing left to do", async () => {
    const up = await run("pulumi up --yes --skip-preview --expect-no-changes");
    assert.equal(up.code, 0, up.text);
    const preview = await run("pulumi preview --expect-no-changes");
    assert.equal(preview.code, 0, preview.text);
    assert.doesNotMatch(preview.text, /pending operations/);
    assert.deepEqual(await readdir(networks), ["net.json"]);
  });

  it("can be destroyed completely", async () => {
    const destroyed = await run("pulumi destroy --yes --skip-preview");
    assert.equal(destroyed.code, 0, destroyed.text);
    assert.deepEqual(await readdir(networks).catch(() => []), []);
  });
});
