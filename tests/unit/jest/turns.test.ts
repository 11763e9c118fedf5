import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, it } from "@jest/globals";
import { run } from "../../support/command.ts";

const program = new URL("turns.program.ts", import.meta.url).pathname;
const options = ["--experimental-vm-modules", "--disable-warning=ExperimentalWarning"];

const folder = mkdtempSync(join(tmpdir(), "turns-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** A test file that notes its begin and end, and ends when the file of another folder has begun. */
const testFile = (name: string, other: string) => `
  import { appendFileSync, readFileSync } from "node:fs";
  import { it } from "@jest/globals";
  const log = ${JSON.stringify(join(folder, "log"))};
  it("ends", async () => {
    appendFileSync(log, "begin ${name}\\n");
    while (!readFileSync(log, "utf8").includes("begin ${other}\\n")) await new Promise((done) => setTimeout(done, 20));
    appendFileSync(log, "end ${name}\\n");
  });
`;

it("Files of a folder that take turns run beside two others, and never two of them at the same time", async () => {
  // Each of the first project waits for one of the second. These two wait for the last turn, so that all three lanes are in use.
  const files = { turns: { a: "x", b: "y", c: "x" }, others: { x: "c", y: "c" } };
  for (const [project, names] of Object.entries(files)) {
    mkdirSync(join(folder, project));
    for (const [name, other] of Object.entries(names))
      writeFileSync(join(folder, project, `${name}.test.ts`), testFile(name, other));
  }
  const { output } = await run(process.execPath, [...options, program, join(folder, "turns"), join(folder, "others")]);
  assert.equal(output.trim().split("\n").at(-1), JSON.stringify({ passed: 5, failed: 0, skipped: 0 }), output);
  const turns = readFileSync(join(folder, "log"), "utf8").match(/(begin|end) [abc]/g) ?? [];
  assert.equal(turns.length, 6);
  for (const [index, line] of turns.entries())
    if (index % 2 === 1) assert.equal(line, turns[index - 1]?.replace("begin", "end"), turns.join(", "));
}, 240_000);

it("Files of the folder of the longest ones start before the others", async () => {
  const [short, long] = [join(folder, "short"), join(folder, "long")];
  for (const each of [short, long]) mkdirSync(each);
  // Without this option, jest would start with the largest file.
  const ended = join(folder, "ended");
  const text = (name: string, size: number) => `
    import { appendFileSync } from "node:fs";
    import { it } from "@jest/globals";
    it("ends", () => appendFileSync(${JSON.stringify(ended)}, "${name} "));
    // ${"x".repeat(size)}
  `;
  writeFileSync(join(short, "large.test.ts"), text("large", 10_000));
  for (const name of ["a", "b"]) writeFileSync(join(long, `${name}.test.ts`), text("long", 10));
  const order = JSON.stringify({ atOnce: 1, oneByOne: [], first: long });
  const { output } = await run(process.execPath, [...options, program, short, long, order]);
  assert.equal(output.trim().split("\n").at(-1), JSON.stringify({ passed: 3, failed: 0, skipped: 0 }), output);
  assert.equal(readFileSync(ended, "utf8"), "long long large ");
}, 240_000);
