import assert from "node:assert/strict";
import { test } from "@jest/globals";
import { importsOf } from "../../../offline/setup/moduleGraph.ts";
import { packageClosure } from "../../../offline/setup/packageClosure.ts";

test("the closure of a package has exactly the packages that it needs, each from the folder where Node finds it", () => {
  const lock = {
    "": { dependencies: { a: "1" } },
    "node_modules/a": { dependencies: { b: "1", c: "1" } },
    "node_modules/a/node_modules/b": { dependencies: { d: "1" } },
    "node_modules/b": {},
    "node_modules/c": { dependencies: { a: "1", b: "2" } },
    "node_modules/d": {},
    "node_modules/unused": {},
  };
  assert.deepEqual(packageClosure(lock, ["a"]), [
    "node_modules/a",
    "node_modules/a/node_modules/b",
    "node_modules/b",
    "node_modules/c",
    "node_modules/d",
  ]);
});

test("the closure omits packages that are not installed (for another platform)", () => {
  assert.deepEqual(packageClosure({ "node_modules/a": { dependencies: { "fsevents-like": "1" } } }, ["a"]), [
    "node_modules/a",
  ]);
});

test("imports are found in all forms, except imports of types", () => {
  const source = `import { a } from "./a.ts";
import type { T } from "./types.ts";
import b, {
  c,
} from "pkg/b.js";
import "./effect.ts";
export { d } from "@scope/d";
export type { U } from "./types.ts";
const text = 'import "./not-this.ts"';
`;
  assert.deepEqual(importsOf(source), ["./a.ts", "pkg/b.js", "./effect.ts", "@scope/d"]);
});
