import assert from "node:assert/strict";
import { run } from "./command.ts";

/** Runs the unit tests of Python in the folder `tests` of a folder, which is also where they import from. Fails with their output. */
export async function passesPythonTests(folder: string): Promise<void> {
  const start = ["--start-directory", `${folder}/tests`, "--top-level-directory", folder];
  const { code, output } = await run("python3", ["-B", "-m", "unittest", "discover", ...start]);
  assert.equal(code, 0, output);
  assert.match(output, /^Ran [1-9]\d* tests? /m);
}
