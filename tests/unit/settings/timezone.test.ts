import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { describe, it } from "@jest/globals";
import { ZONES } from "../../../settings/timezone.ts";

describe("The names of time zones", () => {
  it("are all that Node knows, and UTC", () => {
    assert.ok(ZONES.includes("UTC"));
    assert.ok(ZONES.length >= Intl.supportedValuesOf("timeZone").length);
    for (const zone of ZONES) new Intl.DateTimeFormat("en", { timeZone: zone });
  });

  const folder = "/usr/share/zoneinfo";
  (existsSync(`${folder}/zone.tab`) ? it : it.skip)("are files of the package tzdata", () => {
    assert.deepEqual(
      ZONES.filter((zone) => !existsSync(`${folder}/${zone}`)),
      [],
    );
  });
});
