import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { describe, it } from "@jest/globals";
import { provisionProgram } from "../../../files/host/provision.ts";

const folder = new URL("../../../files/host/provision/", import.meta.url);

describe("The provision program", () => {
  const program = provisionProgram();

  it("contains every part once, and includes no file", () => {
    const parts = readdirSync(folder);
    assert.ok(parts.length > 1);
    for (const part of parts) assert.equal(program.split(readFileSync(new URL(part, folder), "utf8")).length, 2, part);
    assert.doesNotMatch(program, /^\s*\. (?!\/etc\/os-release$)/m);
  });

  it("starts with its last line, so that a truncated program does nothing", () => {
    assert.match(program, /\n\nmain "\$@"\n$/);
    assert.equal(program.match(/^main /gm)?.length, 1);
  });
});
