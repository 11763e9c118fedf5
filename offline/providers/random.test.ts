import assert from "node:assert/strict";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { compare, getRounds } from "bcryptjs";
import random from "./packages/random/index.ts";
import { type Properties, UNKNOWN } from "./resource.ts";
import { serveForTests, type TestEngine } from "./testing/engine.ts";

const password = "random:index/randomPassword:RandomPassword";
const string = "random:index/randomString:RandomString";
const bytes = "random:index/randomBytes:RandomBytes";
const id = "random:index/randomId:RandomId";
const uuid = "random:index/randomUuid:RandomUuid";

describe("the package random", () => {
  let served: Awaited<ReturnType<typeof serveForTests>>;
  let engine: TestEngine;

  beforeAll(async () => {
    served = await serveForTests(random);
    engine = await served.attach();
  });

  afterAll(() => served.close());

  describe("RandomPassword", () => {
    it("has its length, a bcrypt hash, and every option in its outputs", async () => {
      const { id, outputs } = await engine.create(password, { length: 40, keepers: { when: "now" } });
      const { result, bcryptHash, ...rest } = outputs as { result: string; bcryptHash: string };
      assert.equal(id, "none");
      assert.equal(result.length, 40);
      assert.ok(await compare(result, bcryptHash));
      assert.equal(getRounds(bcryptHash), 10);
      assert.deepEqual(rest, {
        length: 40,
        keepers: { when: "now" },
        ...{ lower: true, upper: true, numeric: true, number: true, special: true },
        ...{ minLower: 0, minUpper: 0, minNumeric: 0, minSpecial: 0 },
      });
    });

    it("differs each time", async () => {
      const one = await engine.create(password, { length: 20 });
      const other = await engine.create(password, { length: 20 });
      assert.notEqual(one.outputs.result, other.outputs.result);
    });

    it("is unknown in a preview", async () => {
      const { outputs } = await engine.create(password, { length: 20 }, { preview: true });
      assert.deepEqual([outputs.result, outputs.bcryptHash, outputs.length], [UNKNOWN, UNKNOWN, 20]);
    });

    const shapes: [string, Properties, RegExp][] = [
      ["only digits", { length: 30, lower: false, upper: false, special: false }, /^\d{30}$/],
      ["no digits, by the old name", { length: 60, number: false, special: false }, /^[A-Za-z]{60}$/],
      ["no special characters", { length: 60, special: false }, /^[A-Za-z0-9]{60}$/],
      [
        "other special characters",
        { length: 30, lower: false, upper: false, numeric: false, overrideSpecial: "é_" },
        /^[é_]{30}$/,
      ],
      [
        "as many of each kind as asked for",
        { length: 10, minLower: 4, minUpper: 3, minNumeric: 2, minSpecial: 1, overrideSpecial: "-" },
        /^(?=(.*[a-z]){4})(?=(.*[A-Z]){3})(?=(.*\d){2})(?=.*-).{10}$/,
      ],
    ];
    for (const [what, inputs, shape] of shapes) {
      it(`may have ${what}`, async () => {
        assert.match(String((await engine.create(password, inputs)).outputs.result), shape);
      });
    }

    it("fails if no character is allowed", async () => {
      const nothing = { length: 5, lower: false, upper: false, numeric: false, special: false };
      await assert.rejects(engine.create(password, nothing), { message: "the character set specified is empty" });
    });

    const refusals: [Properties, string[]][] = [
      [{ length: 0 }, ["length: Attribute length value must be at least 1, got: 0"]],
      [
        { length: 3, minLower: 2, minUpper: 2 },
        [
          "length: Attribute length value must be at least sum of min_upper + min_lower + min_numeric + min_special, got: 3",
        ],
      ],
      [
        { length: 3, number: true, numeric: false },
        ["number: Number and numeric are both configured with different values"],
      ],
      [{ length: UNKNOWN, minLower: UNKNOWN }, []],
    ];
    for (const [inputs, expected] of refusals) {
      it(`${expected.length === 0 ? "accepts" : "refuses"} ${JSON.stringify(inputs)}`, async () => {
        assert.deepEqual(await engine.check(password, inputs), expected);
      });
    }
  });

  it("RandomString has no hash, and its id is its result", async () => {
    const { id, outputs } = await engine.create(string, { length: 12 });
    assert.equal(id, outputs.result);
    assert.equal(outputs.bcryptHash, undefined);
  });

  it("RandomBytes are the same bytes in base64 and hex", async () => {
    const { id, outputs } = await engine.create(bytes, { length: 32 });
    const value = Buffer.from(String(outputs.base64), "base64");
    assert.equal(value.length, 32);
    assert.equal(outputs.hex, value.toString("hex"));
    assert.equal(id, outputs.base64);
  });

  it("RandomId is the same bytes in four notations, each behind the prefix but the id", async () => {
    const { id: madeId, outputs } = await engine.create(id, { byteLength: 8, prefix: "p-" });
    const value = Buffer.from(madeId, "base64url");
    assert.equal(value.length, 8);
    assert.deepEqual(outputs, {
      byteLength: 8,
      prefix: "p-",
      b64Url: `p-${madeId}`,
      b64Std: `p-${value.toString("base64")}`,
      hex: `p-${value.toString("hex")}`,
      dec: `p-${value.readBigUInt64BE()}`,
    });
  });

  it("RandomUuid is a UUID of version 4", async () => {
    const { id, outputs } = await engine.create(uuid, {});
    assert.match(String(outputs.result), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    assert.equal(id, outputs.result);
  });

  describe("diff", () => {
    const replaces: [string, Properties, Properties, Record<string, string>][] = [
      [password, { length: 20 }, { length: 21 }, { length: "update & replace" }],
      [password, { length: 20 }, { length: 20, lower: true, minUpper: 0, numeric: true }, {}],
      [password, { length: 20 }, { length: 20, special: false }, { special: "update & replace" }],
      [
        password,
        { length: 20, keepers: { a: "1" } },
        { length: 20, keepers: { a: "2" } },
        { "keepers.a": "update & replace" },
      ],
      [
        string,
        { length: 20, overrideSpecial: "-" },
        { length: 20, overrideSpecial: "_" },
        { overrideSpecial: "update & replace" },
      ],
      [bytes, { length: 8 }, { length: 8 }, {}],
      [bytes, { length: 8 }, { length: 9 }, { length: "update & replace" }],
      [id, { byteLength: 8 }, { byteLength: 8, prefix: "x" }, { prefix: "add & replace" }],
      [uuid, { keepers: { a: "1" } }, {}, { keepers: "delete & replace" }],
    ];
    for (const [type, olds, news, expected] of replaces) {
      it(`of ${type.split(":")[2]} from ${JSON.stringify(olds)} to ${JSON.stringify(news)}`, async () => {
        const resource = await engine.create(type, olds);
        assert.deepEqual(await engine.diff(type, resource, news), expected);
      });
    }
  });

  it("lists its types when asked for an unknown one", async () => {
    await assert.rejects(engine.create("random:index/randomPet:RandomPet", {}), {
      message:
        /^The fake provider random has no resource type random:index\/randomPet:RandomPet\. It has: .*RandomUuid\.$/,
    });
  });
});
