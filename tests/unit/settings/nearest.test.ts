import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { nearest } from "../../../settings/nearest.ts";

const settings = ["target", "domain", "image", "imageTag", "imageMirror", "allow", "signIn", "port", "notebooks"];

describe("nearest() finds the closest candidate to a misspelled word:", () => {
  const rows: [word: string, why: string, expected: string | undefined][] = [
    ["allow", "the word itself", "allow"],
    ["alow", "a letter left out", "allow"],
    ["alllow", "a letter too many", "allow"],
    ["alliw", "another letter", "allow"],
    ["allwo", "two letters swapped", "allow"],
    ["ALLOW", "letter case", "allow"],
    ["imagetag", "the nearest of several", "imageTag"],
    ["images", "the nearest of several", "image"],
    ["signin", "letter case inside", "signIn"],
    ["notebook", "the singular", "notebooks"],
    ["domane", "a third of its letters", "domain"],
    ["dominion", "more than a third of its letters", undefined],
    ["colour", "nothing is near", undefined],
    ["x", "nothing is near one letter", undefined],
    ["", "nothing is near nothing", undefined],
  ];
  for (const [word, why, expected] of rows)
    it(`"${word}" (${why}): ${expected ?? "none"}`, () => {
      assert.equal(nearest(word, settings), expected);
    });

  it("none without candidates", () => {
    assert.equal(nearest("allow", []), undefined);
  });

  it("the first of two that are equally close", () => {
    assert.equal(nearest("bat", ["cat", "hat"]), "cat");
  });
});
