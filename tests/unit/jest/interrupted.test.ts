import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, it } from "@jest/globals";
import { start } from "../../support/command.ts";
import { until } from "../../support/until.ts";

const program = new URL("interrupted.program.ts", import.meta.url).pathname;
const options = ["--experimental-vm-modules", "--disable-warning=ExperimentalWarning"];

const folder = mkdtempSync(join(tmpdir(), "interrupted-"));
const log = join(folder, "log");
afterAll(() => rmSync(folder, { recursive: true }));

/** A test file whose hook or test waits for a program that never ends, and whose last hooks take a while. */
const testFile = (place: string) => `
  import { spawn } from "node:child_process";
  import { appendFileSync } from "node:fs";
  import { afterAll, afterEach, beforeAll, beforeEach, describe, it } from "@jest/globals";
  const note = (line) => appendFileSync(${JSON.stringify(log)}, "${place} " + line + "\\n");
  const wait = () => new Promise(() => {
    const program = spawn("sleep", ["1000"]);
    program.once("spawn", () => note("waits")).once("exit", (code, signal) => note("program " + signal));
  });
  const ends = (what) => () => new Promise((done) => setTimeout(done, 200)).then(() => note(what));
  describe("outer", () => {
    beforeAll(() => "${place}".startsWith("hook") ? wait() : undefined);
    afterEach(ends("afterEach"));
    afterAll(ends("afterAll"));
    it("waits", wait);
    describe("inner", () => {
      beforeAll(() => note("next"));
      it("is next", () => note("next"));
    });
  });
`;

it("Ctrl-C ends the running tests and hooks, and test files still release what they made", async () => {
  for (const [project, places] of Object.entries({ turns: ["hook-1", "hook-2"], others: ["test"] })) {
    mkdirSync(join(folder, project));
    for (const place of places) writeFileSync(join(folder, project, `${place}.test.ts`), testFile(place));
  }
  const run = start(process.execPath, [...options, program, join(folder, "turns"), join(folder, "others")]);
  const lines = () => (existsSync(log) ? readFileSync(log, "utf8").trim().split("\n") : []);
  await until("both wait", () => lines().length === 2);
  // The runner alone gets it: no terminal sends it to the processes of the files.
  run.child.kill("SIGINT");
  const { code, output } = await run.ended;
  assert.equal(code, 130, output);
  assert.match(output, /^Interrupted: removing what the tests made\./m);
  // One of the files that take turns has not started.
  const started = lines().join().includes("hook-1") ? "hook-1" : "hook-2";
  assert.deepEqual(lines().sort(), [
    `${started} afterAll`,
    `${started} program SIGINT`,
    `${started} waits`,
    "test afterAll",
    "test afterEach",
    "test program SIGINT",
    "test waits",
  ]);
}, 240_000);
