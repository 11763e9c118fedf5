import assert from "node:assert/strict";
import { test } from "@jest/globals";
import { plainError } from "../../../components/explain/providersWords.ts";
import { namesPulumi, parseEvent, plainErrors, progressLines } from "../../../scripts/pulumi/engineEvents.ts";
import { before, diagnostic, summary } from "../../support/engineEvent.ts";

test("a failed command is reported by its output, without the command itself", () => {
  const message = `error: exit status 3: running "set -- setsid; exec 3<&0; \\"$@\\" sh -c ''\\\\''/a b/site-apply'\\\\'' x' <&3 & wait $!":\nPort 8443 is taken by nginx (pid 12).\nGive the site another: pulumi config set port 9443\n`;
  assert.equal(
    plainError(message),
    "Port 8443 is taken by nginx (pid 12).\nGive the site another: pulumi config set port 9443",
  );
});

test("the engine's text around errors of remote commands, killed commands and several errors is removed", () => {
  const cases: [string, string][] = [
    ['Process exited with status 1: running "sudo -n site-apply":\nToo full.', "Too full."],
    ['Process exited with status 137 from signal KILL: running "x": Too full.', "Too full."],
    ['1 error occurred:\n\t* Process exited with status 1: running "x":\nToo full.\n\n', "Too full."],
    ["command:local:Command resource 'site-release' has a problem: Too full.", "Too full."],
    ["<{%fg 1%}>error: <{%reset%}>Too full.", "Too full."],
    ["\u001b[31mToo full.\u001b[0m", "Too full."],
    ["Too full.", "Too full."],
  ];
  for (const [wrapped, plain] of cases) assert.equal(plainError(wrapped), plain);
});

test("paragraphs of an error are kept", () => {
  assert.equal(plainError("error: allow: nobody.\n\nport: taken.\n"), "allow: nobody.\n\nport: taken.");
});

test("each error is shown once, without the engine's own summary of it", () => {
  const events = [
    diagnostic("info", "dex: starts"),
    diagnostic("error", "error: Too full."),
    diagnostic("error", "Too full."),
    diagnostic("error", "error: update failed"),
    diagnostic("error", "update canceled"),
  ];
  assert.deepEqual(plainErrors(events), ["Too full."]);
});

test("progress shows the output of commands and the resource in progress", () => {
  assert.deepEqual(progressLines(diagnostic("info", "dex: starts\njupyter: starts\n")), [
    "dex: starts",
    "jupyter: starts",
  ]);
  assert.deepEqual(progressLines(before("create", "tls:index/privateKey:PrivateKey", "authority")), [
    "creating authority",
  ]);
});

test("progress omits debug messages, components and unchanged resources", () => {
  const debugging = { ...diagnostic("info", "RegisterResource RPC prepared") };
  Object.assign(debugging.diagnosticEvent ?? {}, { severity: "debug" });
  assert.deepEqual(progressLines(debugging), []);
  assert.deepEqual(progressLines(before("create", "jupyter-up:index:SiteRelease", "site")), []);
  assert.deepEqual(progressLines(before("same", "tls:index/privateKey:PrivateKey", "authority")), []);
  assert.deepEqual(progressLines(summary()), []);
});

test("lines that are not events are ignored", () => {
  assert.equal(parseEvent("warning: something"), undefined);
  assert.equal(parseEvent("{ cut off"), undefined);
  assert.deepEqual(parseEvent('{"sequence":1,"summaryEvent":{}}'), { sequence: 1, summaryEvent: {} });
});

test("an instruction to run `pulumi` is told from a text that only mentions Pulumi", () => {
  assert.equal(namesPulumi("Add one: pulumi config set --path 'allow[0]' ann@example.com"), true);
  assert.equal(namesPulumi("Fix the cause above, and run `pulumi up` again."), true);
  assert.equal(namesPulumi("Pulumi cannot see it."), false);
});
