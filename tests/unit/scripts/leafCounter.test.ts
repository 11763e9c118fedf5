import assert from "node:assert/strict";
import { test } from "@jest/globals";
import { LeafCounter } from "../../../scripts/setup/leafCounter.ts";

const leaf = (nesting: number, file = "a.test.ts") => ({ nesting, file, details: { type: "test" } });
const suite = (nesting: number, file = "a.test.ts") => ({ nesting, file, details: { type: "suite" } });
const because = (report: ReturnType<typeof leaf>, failureType: string) => ({
  ...report,
  details: { ...report.details, error: { failureType } },
});

test("suites and tests that hold others are not counted, their tests are", () => {
  const counter = new LeafCounter();
  counter.add("passed", leaf(1));
  counter.add("passed", leaf(1));
  counter.add("passed", suite(0));
  counter.add("passed", leaf(1));
  counter.add("passed", leaf(0));
  counter.add("passed", leaf(0));
  assert.deepEqual(counter.counts, { passed: 4, failed: 0, skipped: 0 });
});

test("files that report in turn are not taken for each other's parents", () => {
  const counter = new LeafCounter();
  counter.add("passed", leaf(1, "a.test.ts"));
  counter.add("passed", leaf(0, "b.test.ts"));
  assert.equal(counter.counts.passed, 2);
});

test("a failure counts once, not again in everything around it", () => {
  const counter = new LeafCounter();
  counter.add("failed", because(leaf(2), "testCodeFailure"));
  counter.add("failed", because(suite(1), "subtestsFailed"));
  counter.add("failed", because(suite(0), "subtestsFailed"));
  assert.deepEqual(counter.counts, { passed: 0, failed: 1, skipped: 0 });
});

test("a suite whose hook fails counts as a failure of its own", () => {
  const counter = new LeafCounter();
  counter.add("passed", leaf(1));
  counter.add("failed", because(suite(0), "hookFailed"));
  assert.deepEqual(counter.counts, { passed: 1, failed: 1, skipped: 0 });
});

test("a skipped test is neither passed nor failed", () => {
  const counter = new LeafCounter();
  counter.add("passed", { ...leaf(0), skip: "no browser here" });
  assert.deepEqual(counter.counts, { passed: 0, failed: 0, skipped: 1 });
});
