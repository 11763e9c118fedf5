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

  it("replaces names by their values", () => {
    assert.equal(renderTemplate(file("{{host}}:{{port}} {{host}}\n"), { host: "lab", port: "8443" }), "lab:8443 lab\n");
  });

  it("leaves a file without names unchanged, even with braces of nginx and Python", () => {
    const text = 'map $a $b { default ""; }\nreturn 200 $x;\n{ { a } }\n{"a": {"b": {}}}\n';
    assert.equal(renderTemplate(file(text)), text);
  });

  it("inserts values unchanged, even with a dollar or a name in them", () => {
    assert.equal(renderTemplate(file("a {{x}}\n"), { x: "$& $1 $$ {{x}}" }), "a $& $1 $$ {{x}}\n");
  });

  it("accepts an empty value", () => {
    assert.equal(renderTemplate(file("a{{x}}b\n"), { x: "" }), "ab\n");
  });

  it("refuses a file with a name without a value", () => {
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
