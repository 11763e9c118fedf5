import assert from "node:assert/strict";
import { test } from "@jest/globals";
import { isAtLeast } from "../../../scripts/cli/version.ts";

test("a version is found in the output of programs", () => {
  for (const [text, version, newer] of [
    ["v3.259.0", "3.259.0", "3.259.1"],
    ["Docker Compose version 2.26.1-4", "2.26.1", "2.26.2"],
    ["go version go1.26.8 linux/amd64", "1.26.8", "1.26.9"],
  ] as const) {
    assert.equal(isAtLeast(text, version), true, text);
    assert.equal(isAtLeast(text, newer), false, text);
  }
});

test("versions are compared number by number, not letter by letter", () => {
  assert.equal(isAtLeast("3.259.0", "3.259.0"), true);
  assert.equal(isAtLeast("3.1000.0", "3.259.0"), true);
  assert.equal(isAtLeast("3.26.0", "3.259.0"), false);
  assert.equal(isAtLeast("4.0.0", "3.259.0"), true);
  assert.equal(isAtLeast("2.999.9", "3.259.0"), false);
});

test("missing parts of a version count as zero", () => {
  assert.equal(isAtLeast("1.21", "1.21.0"), true);
  assert.equal(isAtLeast("1.21", "1.21.1"), false);
});

test("a text without a version is never recent enough", () => {
  for (const text of ["", "command not found"]) assert.equal(isAtLeast(text, "0.0"), false);
});
