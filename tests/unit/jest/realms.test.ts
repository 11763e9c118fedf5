import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { describe, it } from "@jest/globals";

const folder = new URL(".", import.meta.url);

describe("An object created by Node's own modules", () => {
  it("is deeply equal to one of the test's own with the same content", () => {
    const found = readdirSync(folder).filter((name) => name.startsWith("realms"));
    assert.deepEqual({ found }, { found: ["realms.test.ts"] });
    assert.notDeepEqual({ found }, { found: [] });
    assert.throws(() => assert.deepEqual({ found }, { found: ["another"] }), { code: "ERR_ASSERTION" });
  });

  it("is an instance of the same error class, and of no other", () => {
    class Own extends Error {}
    assert.throws(() => readFileSync(new URL("nothing", folder)), Error);
    assert.throws(() => new URL("nothing"), TypeError);
    const own = new Own();
    const nodes = errorOf(() => readFileSync(new URL("nothing", folder)));
    assert.deepEqual([nodes instanceof Own, nodes instanceof TypeError], [false, false]);
    assert.deepEqual([own instanceof Own, own instanceof Error, own instanceof TypeError], [true, true, false]);
  });

  it("is not deeply equal to an instance of another class", () => {
    class Own {
      value = 1;
    }
    assert.notDeepEqual(new Own(), { value: 1 });
    assert.notDeepEqual([1], ["1"]);
  });
});

function errorOf(work: () => void): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  return undefined;
}
