import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { buildNames, callbackUrl } from "../../../files/site/names.ts";

describe("buildNames()", () => {
  const rows: [port: number, label: string | undefined, origin: string, callback: string][] = [
    [443, "jupyter", "https://jupyter.lab.example.com", "https://vouch.lab.example.com/auth"],
    [8443, "jupyter", "https://jupyter.lab.example.com:8443", "https://vouch.lab.example.com:8443/auth"],
    [443, undefined, "https://lab.example.com", "https://vouch.lab.example.com/auth"],
    [8443, "", "https://lab.example.com:8443", "https://vouch.lab.example.com:8443/auth"],
  ];
  for (const [port, label, origin, callback] of rows)
    it(`gives ${label || "the domain itself"} at port ${port} the origin ${origin}`, () => {
      const names = buildNames("lab.example.com", port);
      assert.equal(names.origin(label), origin);
      assert.equal(callbackUrl(names), callback);
    });
});
