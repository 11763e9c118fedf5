import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { inFormerOrder } from "../../../components/tls/originCertificate.ts";

describe("The names of an origin certificate", () => {
  const names = ["lab.example.com", "vouch.lab.example.com", "jupyter.lab.example.com"];
  const sorted = ["jupyter.lab.example.com", "lab.example.com", "vouch.lab.example.com"];

  it("keep the order of the existing certificate if they are the same names", () => {
    const former = sorted.toReversed();
    assert.deepEqual(inFormerOrder(names, former), former);
  });

  it("are sorted for the first certificate, and for other names", () => {
    for (const former of [undefined, sorted.slice(1), [...sorted, "app.lab.example.com"]])
      assert.deepEqual(inFormerOrder(names, former), sorted);
  });
});
