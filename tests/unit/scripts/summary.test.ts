import assert from "node:assert/strict";
import { test } from "@jest/globals";
import { seconds } from "../../../scripts/cli/plainRenderer.ts";
import { summary } from "../../../scripts/cli/summary.ts";

const outputs = {
  url: "https://jupyter.lab.localhost:8443",
  user: "you@example.com",
  password: "correct horse",
  notebooks: "/home/you/notebooks",
  certificateAuthority: "-----BEGIN CERTIFICATE-----",
};

test("the summary says what to open, how to sign in, and how to stop", () => {
  assert.equal(
    summary(outputs, "/clone/.state/ca.pem", [], 12_300),
    `
The site is up (12 s).

  Open:       https://jupyter.lab.localhost:8443
  Sign in as: you@example.com
  Password:   correct horse
  Notebooks:  /home/you/notebooks
  Trust once: /clone/.state/ca.pem
  Stop:       npm stop
`,
  );
});

test("the summary has a line for each fake", () => {
  const text = summary(outputs, "ca.pem", ["nginx: Debian's", "Dex: our own"], 1000);
  assert.match(text, /Not the real thing on this machine:\n {2}- nginx: Debian's\n {2}- Dex: our own\n$/);
});

test("the summary shows no password if the settings contain only its hash", () => {
  assert.match(summary({ ...outputs, password: "" }, "ca.pem", [], 1000), /Password: {3}your own \(its hash is in/);
});

test("durations are rounded and have a unit", () => {
  assert.equal(seconds(440), "0.4 s");
  assert.equal(seconds(9400), "9.4 s");
  assert.equal(seconds(12_300), "12 s");
  assert.equal(seconds(59_600), "1 min 0 s");
  assert.equal(seconds(200_000), "3 min 20 s");
});
