import assert from "node:assert/strict";
import { test } from "@jest/globals";
import { isAtLeast, versionParts } from "../../../scripts/cli/version.ts";

test("a version is found in what programs print about themselves", () => {
  assert.deepEqual(versionParts("v3.259.0"), [3, 259, 0]);
  assert.deepEqual(versionParts("Docker Compose version 2.26.1-4"), [2, 26, 1]);
  assert.deepEqual(versionParts("go version go1.26.8 linux/amd64"), [1, 26, 8]);
  assert.deepEqual(versionParts("command not found"), []);
});

test("versions are compared number by number, not letter by letter", () => {
  assert.equal(isAtLeast("3.259.0", "3.259.0"), true);
  assert.equal(isAtLeast("3.1000.0", "3.259.0"), true);
  assert.equal(isAtLeast("3.26.0", "3.259.0"), false);
  assert.equal(isAtLeast("4.0.0", "3.259.0"), true);
  assert.equal(isAtLeast("2.999.9", "3.259.0"), false);
});

test("parts that are not there count as zero", () => {
  assert.equal(isAtLeast("1.21", "1.21.0"), true);
  assert.equal(isAtLeast("1.21", "1.21.1"), false);
});

test("a text without a version is never new enough", () => {
  assert.equal(isAtLeast("", "0.0"), false);
});
