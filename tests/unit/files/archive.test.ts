import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { serializeArchive } from "../../../files/release/archive.ts";
import { unpack } from "../../support/unpack.ts";

describe("serializeArchive()", () => {
  it("gives a readable text", () => {
    const text = serializeArchive([
      { path: "compose.yaml", mode: "0644", content: "name: lab\n\nservices:\n" },
      { path: "nginx/ab12/hosts/a.conf", mode: "0600", content: "listen 80;\n" },
    ]);
    assert.equal(
      text,
      `file compose.yaml 0644
|name: lab
|
|services:
file nginx/ab12/hosts/a.conf 0600
|listen 80;
end 2
`,
    );
  });

  for (const [name, content] of [
    ["one line", "a\n"],
    ["only a line break", "\n"],
    ["empty lines at the end", "a\n\n\n"],
    ["lines in the archive's own format", "|bar\nfile x 0644\nend 1\n"],
    ["blanks, tabs and carriage returns", "  a \t\r\n b\n"],
    ["letters beyond a to z", "ä 李 🌱\n"],
    ["what a shell might take for its own", "$(id) `id` \\n %s & \\\\ ''\n"],
  ] as const)
    it(`gives a text that is parsed to the same files: ${name}`, () => {
      const { files, count } = unpack(serializeArchive([{ path: "a", mode: "0644", content }]));
      assert.deepEqual(files, { a: { mode: "0644", content } });
      assert.equal(count, 1);
    });

  it("gives only an end line without files, to differ from a truncated text", () => {
    assert.equal(serializeArchive([]), "end 0\n");
  });

  for (const path of [
    "",
    "/etc/passwd",
    "../passwd",
    "a/../b",
    "a/..",
    ".hidden",
    "a/.hidden",
    "a//b",
    "a/",
    "./a",
    "a b",
    "a\nb",
    "a;b",
    "-rf",
    "ä",
  ])
    it(`refuses the path ${JSON.stringify(path)}`, () => {
      assert.throws(() => serializeArchive([{ path, mode: "0644", content: "a\n" }]), {
        message: `${path}: not a path that can be released`,
      });
    });

  for (const content of ["", "a", "a\nb"])
    it(`refuses content without a line break at its end: ${JSON.stringify(content)}`, () => {
      assert.throws(() => serializeArchive([{ path: "a.conf", mode: "0644", content }]), {
        message: "a.conf: must end with a line break",
      });
    });
});
