/**
 * Every setting that takes text has a row in textRows.ts. An accepted text arrives unchanged in the files of the site, and
 * every other text is refused at the setting's key. The rows are compared with the schema, so a new setting needs a row.
 */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { describe, it } from "@jest/globals";
import type { z } from "zod";
import { readSettings } from "../../../settings/read.ts";
import { settingsSchema } from "../../../settings/schema.ts";
import { configWith } from "../../support/settings.ts";
import { oddTexts } from "../../support/texts.ts";
import { outcomeOf, type Row, rows } from "./textRows.ts";

/** The paths in a schema that take text. */
function textsOf(schema: z.core.$ZodType, path: string): string[] {
  const def = (schema as z.core.$ZodTypes)._zod.def;
  switch (def.type) {
    case "string":
    case "enum":
    case "literal":
      return [path];
    case "number":
    case "boolean":
    case "transform":
      return [];
    case "object":
      return Object.entries(def.shape).flatMap(([key, part]) => textsOf(part, path ? `${path}.${key}` : key));
    case "array":
      return textsOf(def.element, `${path}[]`);
    case "record":
      return [...textsOf(def.keyType, `a name in ${path}`), ...textsOf(def.valueType, `${path}.NAME`)];
    case "union":
      return def.options.flatMap((option) => textsOf(option, path));
    case "pipe":
      return [...textsOf(def.in, path), ...textsOf(def.out, path)];
    case "default":
    case "prefault":
    case "optional":
      return textsOf(def.innerType, path);
    default:
      throw new Error(`${path}: this test does not know what text a ${def.type} takes`);
  }
}

/** All odd texts, and texts of several lines, with invalid characters, or too long. */
const texts = [...oddTexts, "a\nb", "a\r\nb", "a\n", "a\0b", "\ud800", "__proto__", "x".repeat(300), "/".repeat(300)];

/** Whether a text arrives in its expected form. Asserts that any other text is an issue at the setting's own key. */
function arrives(row: Row, text: string): boolean {
  const { settings, issues } = readSettings(configWith(row.config(text)));
  const words = JSON.stringify({ text, issues });
  assert.equal(settings === undefined, issues.length > 0, words);
  assert.ok(settings || issues.some(({ key }) => key.startsWith(row.key)), words);
  if (!settings) return false;
  const form = row.form ? row.form(text) : text;
  const found = row.found(outcomeOf(settings));
  assert.notEqual(found.length, 0, words);
  for (const each of found) assert.equal(each, form, JSON.stringify(text));
  return true;
}

describe("Every setting that takes text", () => {
  it("has a row here, and every row belongs to a setting of the schema", () => {
    assert.deepEqual(Object.keys(rows), [...new Set(textsOf(settingsSchema, ""))]);
  });
  it("has a test in which the real programs read it", () => {
    for (const [setting, { program }] of Object.entries(rows))
      assert.ok(existsSync(new URL(`../../${program}`, import.meta.url)), `${setting}: ${program}`);
  });
});

describe("A text arrives unchanged or in its normal form, or is refused, in", () => {
  for (const [setting, row] of Object.entries(rows))
    it(`${setting}, see ${row.program}`, () => {
      for (const text of row.taken) assert.ok(arrives(row, text), `${JSON.stringify(text)} is refused`);
      for (const text of texts) arrives(row, text);
    });
});
