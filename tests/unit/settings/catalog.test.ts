import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { describe, it } from "@jest/globals";
import { isReserved, SERVICE_LABELS, SERVICE_NAMES } from "../../../settings/catalog.ts";
import { checkout } from "../../../settings/checkout.ts";
import { siteWith } from "../../support/site.ts";

const settings = {
  target: "gcp",
  database: "true",
  proxied: "false",
  acmeEmail: "ann@example.com",
  history: { every: 15 },
  backup: { to: "/mnt/backup" },
};
const withGate = (gate: string) =>
  siteWith({ settings: { ...settings, signIn: { gate, users: [{ email: "ann@example.com" }] } } }).services;
const withVouch = withGate("vouch");
const withOwnServers = siteWith({ settings: { ...settings, people: "own" } }).services;
const namesOf = (services: typeof withVouch) => services.map(({ name }) => name);
/** Every service that a site can have, apart from apps. */
const others = [...withGate("oauth2-proxy"), ...withOwnServers];
const services = [...new Map([...withVouch, ...others].map((service) => [service.name, service])).values()];

describe("The catalog", () => {
  it("lists exactly the services that a site can have", () => {
    assert.deepEqual(SERVICE_NAMES.toSorted(), namesOf(services).toSorted());
  });

  it("has an entry for every folder of services, except that of the apps", () => {
    assert.deepEqual(readdirSync(`${checkout}/files/services`).sort(), [...SERVICE_NAMES, "app"].sort());
  });

  it("has the label of each service with its own host name", () => {
    const labels = withVouch.flatMap(({ virtualHost }) => virtualHost?.label || []);
    assert.deepEqual(SERVICE_LABELS.toSorted(), labels.toSorted());
  });

  it("reserves each service's name and label, so that no app can use them", () => {
    for (const name of [...SERVICE_NAMES, ...SERVICE_LABELS, "home", "notebooks"]) assert.ok(isReserved(name), name);
    assert.equal(isReserved("whoami"), false);
  });
});
