import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { peopleMap } from "../../../files/services/nginx/nginx.ts";

const HEADING = "# Allow list, from the stack's setting `allow`. A removed user loses access at the next request.\n";

describe("people.map", () => {
  it("has a line for each entry, in order", () => {
    assert.equal(
      peopleMap(["ann@example.com", "@example.org", "bob@example.com"]),
      `${HEADING}"true:ann@example.com" allow;
"~*^true:[^@:]+@example\\.org$" allow;
"true:bob@example.com" allow;
`,
    );
  });

  it("quotes an unusual address, so that nginx reads nothing in it as syntax", () => {
    for (const address of ["o'brien+x@example.com", "~x&y=z!#/%@example.com", "default-{1}@example.com"])
      assert.equal(peopleMap([address]), `${HEADING}"true:${address}" allow;\n`);
  });

  it("escapes quotes and backslashes", () => {
    assert.equal(peopleMap(['a"b\\c@example.com']), `${HEADING}"true:a\\"b\\\\c@example.com" allow;\n`);
  });

  it("is a valid file without entries", () => {
    assert.equal(peopleMap([]), HEADING);
  });
});

// nginx ignores letter case in texts of a map and in these patterns (~*), as the tests below do.
describe("A whole domain on the allow list", () => {
  const pattern = /^"~\*(.+)" allow;$/m.exec(peopleMap(["@mail.example.com"]))?.[1];
  assert.ok(pattern);
  const mayEnter = (answer: string) => new RegExp(pattern, "i").test(answer);

  for (const [answer, expected] of [
    ["true:ann@mail.example.com", true],
    ["true:Ann.Lee+x@Mail.Example.COM", true],
    ["false:ann@mail.example.com", false],
    [":ann@mail.example.com", false],
    ["true:@mail.example.com", false],
    ["true:ann@example.com", false],
    ["true:ann@evil.mail.example.com", false],
    ["true:ann@mailxexample.com", false],
    ["true:ann@mail.example.com.evil.org", false],
    ["true:ann@evil.org@mail.example.com", false],
    ["true:ann@mail.example.com:x", false],
    ["x true:ann@mail.example.com", false],
    ["false:true:ann@mail.example.com", false],
  ] as const)
    it(`${expected ? "allows" : "denies"} ${answer}`, () => {
      assert.equal(mayEnter(answer), expected);
    });
});
