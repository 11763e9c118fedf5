import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { configOf, readSettings } from "../../../settings/read.ts";
import { asWritten, losesItsText, Unquoted } from "../../../settings/unquoted.ts";
import { configWith } from "../../support/settings.ts";

const app = { name: "whoami", image: "traefik/whoami:v1.11.0", port: 80 };

describe("losesItsText() tells whether Pulumi changes an unquoted value", () => {
  for (const plain of ["", "a", "~", "yes", "8.4-fpm", "1.2.3", "12:30", "203.0.113.7/32", "1_a", "0x", "2026-11"])
    it(`no, for the text ${JSON.stringify(plain)}`, () => assert.equal(losesItsText(plain), false));
  for (const plain of ["0", "7", "-7", "8443", "123456789012345678", "9223372036854775807", "11.8", "-0.5", "0.0001"])
    it(`no, for the number ${plain} in its normal form`, () => assert.equal(losesItsText(plain), false));
  for (const plain of [
    ...[
      "0755",
      "0o755",
      "0x1F",
      "0b11",
      "-0x1F",
      "1_000",
      "1e3",
      "1.5e3",
      ".5",
      "5.",
      "+1",
      "+491701234567",
      "-0",
      "00",
    ],
    ...[
      "1.10",
      "1.0",
      "0.00001",
      "1234567.1",
      "9223372036854775808",
      "123456789012345678901234",
      ".inf",
      "-.Inf",
      ".NaN",
    ],
    ...["2026-08-17", "2026-8-7", "2026-08-17T00:00:00Z", "2026-08-17 12:30:00"],
  ])
    it(`yes, for ${plain}, which YAML writes back in another form`, () => assert.equal(losesItsText(plain), true));
});

describe("asWritten() compares Pulumi's values with the stack's file:", () => {
  const changed = (written: string, read: unknown) => new Unquoted(written, read);
  const rows: [name: string, file: string, arrived: Record<string, unknown>, expected: Record<string, unknown>][] = [
    ["no file", "", { databaseTag: "11.8" }, { databaseTag: "11.8" }],
    ["no config", "config:\n", { databaseTag: "11.8" }, { databaseTag: "11.8" }],
    ["a file that is not YAML", "config: {", { databaseTag: "11.8" }, { databaseTag: "11.8" }],
    ["a setting of Pulumi.yaml's", "config: {}", { databaseTag: "11.8" }, { databaseTag: "11.8" }],
    ["a fraction that lost a digit", "config: {p:t: 11.10}", { t: "11.1" }, { t: changed("11.10", "11.1") }],
    ["the same in quotes", 'config: {p:t: "11.10"}', { t: "11.10" }, { t: "11.10" }],
    ["a fraction that lost nothing", "config: {p:t: 11.8}", { t: "11.8" }, { t: "11.8" }],
    [
      "numbers in a list",
      "config: {p:t: [7, 0755, 1.5]}",
      { t: [7, 493, 1.5] },
      { t: ["7", changed("0755", 493), "1.5"] },
    ],
    [
      "a word",
      "config: {p:t: {a: True, b: true}}",
      { t: { a: true, b: true } },
      { t: { a: changed("True", true), b: "true" } },
    ],
    [
      "a day",
      "config: {p:t: 2026-08-17}",
      { t: "2026-08-17 00:00:00 +0000 UTC" },
      { t: changed("2026-08-17", "2026-08-17 00:00:00 +0000 UTC") },
    ],
    [
      "what only looks like a moment",
      "config: {p:t: 2026-08-17T10:00:00, p:s: 2026-08-17 00:00:00 +0000 UTC}",
      { t: "2026-08-17T10:00:00", s: "2026-08-17 00:00:00 +0000 UTC" },
      { t: "2026-08-17T10:00:00", s: "2026-08-17 00:00:00 +0000 UTC" },
    ],
    ["nothing", "config: {p:t: {a: ~, b: null}}", { t: { a: null, b: null } }, { t: { a: null, b: null } }],
    ["an alias", "a: &a 0755\nconfig: {p:t: *a}", { t: "493" }, { t: changed("0755", "493") }],
    ["merged keys", "config: {p:t: {<<: {a: 0755}}}", { t: { a: 493 } }, { t: { a: changed("0755", 493) } }],
    ["what is encrypted", "config: {p:t: {a: {secure: v1:x}}}", { t: { a: "0755" } }, { t: { a: "0755" } }],
    ["JSON of the user's", "config: {p:t: '[1.5]'}", { t: [1.5, "1.10", true] }, { t: ["1.5", "1.10", true] }],
    ["the same, encrypted", "config: {p:t: {secure: v1:x}}", { t: [1.5] }, { t: ["1.5"] }],
    [
      "what came from another file",
      "config: {p:t: 11.10, p:s: 2026-08-17, p:u: [1]}",
      { t: "11.8", s: "x", u: "x" },
      { t: "11.8", s: "x", u: "x" },
    ],
    ["another project's", "config: {q:t: 11.10}", { t: "11.1" }, { t: "11.1" }],
  ];
  for (const [name, file, arrived, expected] of rows)
    it(name, () => assert.deepEqual(asWritten("p", arrived, file), expected));
});

/** The issues of a stack's file, given the values that Pulumi passes on. */
function issuesOf(file: string, arrived: Record<string, string>): string[] {
  const config = { ...configWith({}), ...configOf("jupyter-up", arrived) };
  return readSettings(asWritten("jupyter-up", config, file)).issues.map(({ key, message }) => `${key}: ${message}`);
}

describe("A value that lost digits because it has no quotes", () => {
  it("is refused at the top level, with the command that sets it", () => {
    assert.deepEqual(issuesOf("config: {jupyter-up:databaseTag: 11.10}", { "jupyter-up:databaseTag": "11.1" }), [
      'databaseTag: found 11.10 without quotes, which YAML reads as "11.1". Set it as text:\npulumi config set databaseTag 11.10',
    ]);
  });

  const environmentOf = (written: string) =>
    `config:\n  jupyter-up:apps: [{name: whoami, image: "${app.image}", port: 80, environment: {X: ${written}}}]\n`;
  const arrived = (value: string) => ({
    "jupyter-up:apps": JSON.stringify([{ ...app, environment: {} }]).replace(
      '"environment":{}',
      `"environment":{"X":${value}}`,
    ),
  });

  it("is refused in an object, with a command that sets its type to string", () => {
    assert.deepEqual(issuesOf(environmentOf("0755"), arrived("493")), [
      "apps[0].environment.X: found 0755 without quotes, which YAML reads as 493. Set it as text:\npulumi config set --path 'apps[0].environment.X' --type string 0755",
    ]);
  });

  it("is refused with a command that is valid for a leading dash and for a blank", () => {
    assert.match(issuesOf(environmentOf("-0"), arrived("0"))[0] ?? "", /--type string -- -0$/);
    const [moment = ""] = issuesOf(environmentOf("2026-08-17 12:30:00"), arrived('"2026-08-17 12:30:00 +0000 UTC"'));
    assert.match(moment, /--type string '2026-08-17 12:30:00'$/);
  });

  it("is not repeated in the message if it may be secret", () => {
    const file = environmentOf("0755").replace("environment", "secrets");
    const [issue = ""] = issuesOf(file, {
      "jupyter-up:apps": arrived("493")["jupyter-up:apps"].replace("environment", "secrets"),
    });
    assert.match(issue, /^apps\[0\]\.secrets\.X: found a number or a date without quotes/);
    assert.doesNotMatch(issue, /755|493/);
  });

  it("is not reported if all its digits arrived", () => {
    for (const written of ["7", "123456789012345678", "1.5", "true", "yes"])
      assert.deepEqual(issuesOf(environmentOf(written), arrived(written === "yes" ? '"yes"' : written)), [], written);
  });

  it("is not reported for a setting that takes a number or a boolean", () => {
    const file = "config: {jupyter-up:port: 0x20FB, jupyter-up:database: True}";
    assert.deepEqual(issuesOf(file, { "jupyter-up:port": "8443", "jupyter-up:database": "true" }), []);
  });

  it("is refused without the file only if it is a fraction, whose last zeros may be lost", () => {
    assert.deepEqual(issuesOf("", arrived("123456789012345678")), []);
    assert.deepEqual(issuesOf("", arrived("1.1")), [
      "apps[0].environment.X: found the number 1.1, which may not be how it was written: without quotes, 1.10 is read as 1.1. Set it as text:\npulumi config set --path 'apps[0].environment.X' --type string 1.1",
    ]);
  });
});

describe("imageTag", () => {
  const tagOf = (config: Record<string, unknown>) => readSettings(configWith(config)).settings?.jupyter.tag;
  it("may be an unquoted date, also after `pulumi config set` has written it back as a timestamp", () => {
    const moment = "2026-08-17 00:00:00 +0000 UTC";
    assert.equal(tagOf({ imageTag: new Unquoted("2026-08-17", moment) }), "2026-08-17");
    assert.equal(tagOf({ imageTag: moment }), "2026-08-17");
    assert.equal(tagOf({ imageTag: new Unquoted("2026-08-17 12:30:00", "2026-08-17 12:30:00 +0000 UTC") }), undefined);
  });
});
