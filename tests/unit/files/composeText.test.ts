import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { composeText } from "../../../files/release/composeText.ts";

describe("composeText()", () => {
  it("gives YAML like YAML written by hand", () => {
    const text = composeText(
      "lab",
      {
        web: {
          image: "nginx",
          ports: ["127.0.0.1:8443:8443"],
          volumes: [{ type: "bind", source: "/a", target: "/b" }],
        },
        app: { image: "app", command: ["app", "--words", "w".repeat(72)], environment: { N: "3" } },
      },
      { front: null, app: { internal: true } },
      { web: "The only way in.", app: "An app; its network has the same name." },
    );
    assert.equal(
      text,
      `# The site, as \`pulumi up\` released it. Each release overwrites this file: change the stack's settings instead.

name: "lab"
services:

  # The only way in.
  web:
    image: "nginx"
    ports: ["127.0.0.1:8443:8443"]
    volumes:
      - type: "bind"
        source: "/a"
        target: "/b"

  # An app; its network has the same name.
  app:
    image: "app"
    command:
      - "app"
      - "--words"
      - "${"w".repeat(72)}"
    environment:
      N: "3"
networks:
  front:
  app:
    internal: true
`,
    );
  });

  it("quotes a key that a reader may take for a number or a timestamp", () => {
    const text = composeText("lab", { "2026-08-17": {}, "0b11": {}, a1: {} }, {}, {});
    assert.deepEqual(text.match(/^ {2}\S+:/gm), ['  "2026-08-17":', '  "0b11":', "  a1:"]);
  });

  it("doubles each dollar, which Compose would interpolate", () => {
    assert.match(
      composeText("lab", { a: { command: ["$HOME", "$$", "a$"] } }, {}, {}),
      /\["\$\$HOME", "\$\$\$\$", "a\$\$"\]/,
    );
  });

  it("quotes every text, because readers of YAML differ, and no number or boolean", () => {
    const text = composeText("lab", { a: { b: "no", c: "2026-11-27", d: "1_000", e: "a", f: 3, g: true } }, {}, {});
    assert.match(text, / b: "no"\n {4}c: "2026-11-27"\n {4}d: "1_000"\n {4}e: "a"\n {4}f: 3\n {4}g: true\n/);
  });

  it("escapes characters that cannot be printed", () => {
    assert.match(
      composeText("lab", { a: { b: "\x7f\x1b\u2028\ufeff李" } }, {}, {}),
      / b: "\\u007f\\e\\u2028\\ufeff李"\n/,
    );
  });

  it("writes shared parts of two services in full, without an alias", () => {
    const shared = { driver: "local", options: { "max-size": "10m" } };
    const text = composeText("lab", { a: { logging: shared }, b: { logging: shared } }, {}, {});
    assert.equal(text.match(/max-size: "10m"/g)?.length, 2);
    assert.doesNotMatch(text, /[&*]/);
  });

  it("writes no comment for a service without a description", () => {
    assert.doesNotMatch(composeText("lab", { a: { image: "x" } }, {}, { b: "Another." }), /#.*\n+ {2}a:/);
  });
});
