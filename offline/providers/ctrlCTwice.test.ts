import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { until } from "../../tests/support/until.ts";
import { cli, skip, type TrialStack, trialStack } from "./testing/trialStack.ts";

(skip ? describe.skip : describe)("Ctrl-C twice while a release runs on this machine", () => {
  let stack: TrialStack;
  const at = (file: string) => join(stack.folder, file);

  beforeAll(async () => {
    const components = join(import.meta.dirname, "../../components");
    stack = await trialStack("ctrlCTwice.program.ts", () => ({ COMPONENTS: components }));
    const slow = `
      import { writeFileSync } from "node:fs";
      process.on("SIGINT", () => process.exit(7));
      writeFileSync("begun", "");
      setTimeout(() => {}, 2500);`;
    await writeFile(at("slow.mjs"), slow);
    assert.equal(await pulumi(["stack", "init", "dev"]).ended, 0);
  });

  afterAll(() => stack.remove());

  function pulumi(args: string[]): { interrupt: () => void; ended: Promise<number | null> } {
    const child = spawn(cli?.command ?? "", [...args, "--non-interactive"], {
      cwd: stack.folder,
      env: stack.env,
      stdio: "ignore",
    });
    return {
      interrupt: () => child.kill("SIGINT"),
      ended: new Promise((resolve) => child.once("close", resolve)),
    };
  }

  it("ends the CLI at once, and the release completes", async () => {
    const up = pulumi(["up", "--yes", "--skip-preview"]);
    await until("begun", () => existsSync(at("begun")), 30);
    up.interrupt();
    await pause(300);
    up.interrupt();
    assert.notEqual(await up.ended, 0);
    await until("ended", () => existsSync(at("ended")), 30);
    assert.equal(await readFile(at("ended"), "utf8"), "ended with 0\n");
  });
});
