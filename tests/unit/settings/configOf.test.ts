import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { configOf } from "../../../settings/read.ts";

describe("configOf() selects and parses the project's own values:", () => {
  const rows: [name: string, config: Record<string, string>, expected: Record<string, unknown>][] = [
    ["an empty config stays empty", {}, {}],
    ["a text", { "jupyter-up:domain": "lab.example.com" }, { domain: "lab.example.com" }],
    ["an empty text", { "jupyter-up:imageMirror": "" }, { imageMirror: "" }],
    ["a list", { "jupyter-up:allow": '["ann@example.com"]' }, { allow: ["ann@example.com"] }],
    ["an object", { "jupyter-up:signIn": '{"provider":"dex"}' }, { signIn: { provider: "dex" } }],
    ["a date stays a text", { "jupyter-up:imageTag": "2026-08-08" }, { imageTag: "2026-08-08" }],
    ["a version stays a text", { "jupyter-up:imageTag": "4.10" }, { imageTag: "4.10" }],
    ["the digits of a number stay for the schema to read", { "jupyter-up:port": "8443" }, { port: "8443" }],
    [
      "a text that only looks like the start of a list stays a text",
      { "jupyter-up:domain": "[::1]" },
      { domain: "[::1]" },
    ],
    ["other namespaces are left out", { "gcp:project": "x", "jupyter-upper:domain": "x", "pulumi:tags": "{}" }, {}],
    ["a key with a colon in it", { "jupyter-up:a:b": "x" }, { "a:b": "x" }],
  ];
  for (const [name, config, expected] of rows)
    it(name, () => {
      assert.deepEqual(configOf("jupyter-up", config), expected);
    });
});
