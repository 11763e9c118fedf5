import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, it } from "@jest/globals";
import { run } from "../../support/command.ts";

const program = new URL("outcome.program.ts", import.meta.url).pathname;
const options = ["--experimental-vm-modules", "--disable-warning=ExperimentalWarning"];

const endless = {
  load: `await new Promise(() => setInterval(() => {}, 1000)); it("is never reached", () => {});`,
  loop: `it("turns", () => { for (;;); });`,
};
const others = {
  wait: `it("waits", () => new Promise(() => {})); it("goes on", () => {});`,
  fine: `it("passes", () => {}); it.skip("is skipped", () => {});`,
  missing: `import "./nothing.ts"; it("is never reached", () => {});`,
  first: `beforeAll(() => { throw new Error("first"); }); it("needs it", () => {}); it("needs it, too", () => {});`,
  last: `afterAll(() => { throw new Error("last"); }); it("passes", () => {});`,
  unhandled: `it("waits", async () => { void Promise.reject(new Error("no")); await new Promise((done) => setTimeout(done, 50)); });`,
  ended: `it("ends the process", () => process.exit(0));`,
  empty: "",
};

const folder = mkdtempSync(join(tmpdir(), "outcome-"));
afterAll(() => rmSync(folder, { recursive: true }));

it("jest runs all other test files after one hangs or ends the process, and counts every failure", async () => {
  for (const [name, files] of Object.entries({ endless, others })) {
    mkdirSync(join(folder, name));
    for (const [file, text] of Object.entries(files)) {
      const imports = `import { afterAll, beforeAll, it } from "@jest/globals";\n`;
      writeFileSync(join(folder, name, `${file}.test.ts`), imports + text);
    }
  }
  const { output } = await run(process.execPath, [
    ...options,
    program,
    join(folder, "endless"),
    join(folder, "others"),
  ]);
  // Passed: the test after a time-out, the one of fine, the one before the last hook. Failed: one test or file each, and the two that need a hook.
  assert.equal(output.trim().split("\n").at(-1), JSON.stringify({ passed: 3, failed: 10, skipped: 1 }), output);
}, 240_000);
