import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { describe, it } from "@jest/globals";
import { isReserved, SERVICE_LABELS, SERVICE_NAMES } from "../../../settings/catalog.ts";
import { checkout } from "../../../settings/checkout.ts";
import { siteWith } from "../../support/site.ts";

/** Every service of its own that a site can have. */
const { services } = siteWith({
  settings: {
    target: "gcp",
    database: "true",
    proxied: "false",
    acmeEmail: "ann@example.com",
    history: { every: 15 },
  },
});

describe("The catalog", () => {
  it("names the services that a site can have, and no others", () => {
    assert.deepEqual(SERVICE_NAMES.toSorted(), services.map(({ name }) => name).toSorted());
  });

  it("names their folders: that of the apps is the only other one", () => {
    assert.deepEqual(readdirSync(`${checkout}/files/services`).sort(), [...SERVICE_NAMES, "app"].sort());
  });

  it("has the label of each that answers to a host name of its own", () => {
    const labels = services.flatMap(({ virtualHost }) => virtualHost?.label || []);
    assert.deepEqual(SERVICE_LABELS.toSorted(), labels.toSorted());
  });

  it("keeps apps from taking the name or the label of any", () => {
    for (const name of [...SERVICE_NAMES, ...SERVICE_LABELS, "home", "notebooks"]) assert.ok(isReserved(name), name);
    assert.equal(isReserved("whoami"), false);
  });
});
