import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { renderTemplate } from "../../../files/release/template.ts";

describe("renderTemplate()", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "fill-"));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const file = (text: string) => {
    const path = join(folder, "a.conf");
    writeFileSync(path, text);
    return pathToFileURL(path);
  };

  it("puts values in the places of their names", () => {
    assert.equal(renderTemplate(file("{{host}}:{{port}} {{host}}\n"), { host: "lab", port: "8443" }), "lab:8443 lab\n");
  });

  it("leaves a file without names as it is, nginx's and Python's braces too", () => {
    const text = 'map $a $b { default ""; }\nreturn 200 $x;\n{ { a } }\n{"a": {"b": {}}}\n';
    assert.equal(renderTemplate(file(text)), text);
  });

  it("takes a value as it is: a dollar in it stands for nothing, and a name in it is not filled in", () => {
    assert.equal(renderTemplate(file("a {{x}}\n"), { x: "$& $1 $$ {{x}}" }), "a $& $1 $$ {{x}}\n");
  });

  it("takes an empty value for a value", () => {
    assert.equal(renderTemplate(file("a{{x}}b\n"), { x: "" }), "ab\n");
  });

  it("refuses a file with a name that has no value", () => {
    assert.throws(() => renderTemplate(file("{{host}} {{prot}}\n"), { host: "lab" }), {
      message: `${folder}/a.conf: {{prot}} has no value`,
    });
  });

  it("refuses unused values", () => {
    assert.throws(() => renderTemplate(file("{{host}}\n"), { host: "lab", port: "1", domain: "x" }), {
      message: `${folder}/a.conf: unused values: port, domain`,
    });
  });
});
