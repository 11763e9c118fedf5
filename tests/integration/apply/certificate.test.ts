import assert from "node:assert/strict";
import type { X509Certificate } from "node:crypto";
import { lstatSync, readdirSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { Machine } from "../../support/ownCertificate.ts";
import { withoutSteps } from "../../support/steps.ts";

const asRoot = process.getuid?.() === 0;
const namesOf = (certificate: X509Certificate) =>
  (certificate.subjectAltName ?? "")
    .split(", ")
    .map((name) => name.replace("DNS:", ""))
    .sort();
const siteNames = (domain: string) => [`dex.${domain}`, `jupyter.${domain}`, domain, `vouch.${domain}`];

describe("A site that gets its own certificate", () => {
  let machine: Machine;
  let first: X509Certificate;
  beforeAll(async () => {
    machine = await Machine.start();
  });
  afterAll(() => machine.stop());

  it("gets it before nginx starts, with exactly the site's host names", async () => {
    const { code, output } = await machine.release(machine.site("lab.example.com"));
    assert.equal(code, 0, output);
    assert.match(output, /^Getting a certificate: this takes about a minute \.\.\.\n/m);
    first = await machine.shown("jupyter.lab.example.com");
    assert.deepEqual(namesOf(first), siteNames("lab.example.com").sort());
    assert.match(first.issuer, /Pebble/);
    assert.equal(machine.world.orders(), 1);
  });

  it("leaves no DNS record and no container", async () => {
    assert.deepEqual(machine.world.zone.records, []);
    assert.equal(await machine.containerOf("lego"), "");
  });

  it("makes its key readable for nginx only", () => {
    const { layout } = machine.host;
    const folder = `${layout.root}/secrets/nginx`;
    const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".pem"));
    assert.equal(files.length, 1);
    const { mode, uid } = lstatSync(`${folder}/${files[0]}`);
    assert.deepEqual([(mode & 0o7777).toString(8), uid], ["600", asRoot ? 101 : process.getuid?.()]);
  });

  it("has the token neither in its log nor in the container's definition", async () => {
    assert.equal(machine.host.log().includes(machine.world.token), false);
    assert.equal(machine.host.read("current/compose.yaml").includes(machine.world.token), false);
  });

  it("requests no certificate at the next release", async () => {
    const { code, output } = await machine.release(machine.site("lab.example.com", { allow: ["bob@example.com"] }));
    assert.equal(code, 0, output);
    assert.doesNotMatch(output, /Getting|could not/);
    assert.equal(machine.world.orders(), 1);
  });

  it("requests none in the timer's run while none is due", async () => {
    assert.deepEqual(await machine.host.apply("renew"), { code: 0, output: "The certificate needs no renewal yet.\n" });
    assert.equal(machine.world.orders(), 1);
    assert.equal((await machine.shown("lab.example.com")).serialNumber, first.serialNumber);
  });

  it("fails a release with the reason, and changes nothing, if none can be obtained for another domain", async () => {
    const { code, output } = await machine.release(machine.site("new.example.com"), { token: "revoked" });
    assert.equal(code, 1);
    assert.equal(
      withoutSteps(output)
        .replace(/^Getting .*\n/, "")
        .replace(/says: \S+:/, "says: NAME:"),
      "No certificate could be obtained for the site's names. Nothing was changed. lego says: NAME: cloudflare: failed to find zone example.com.: [status code 403] 9109: Invalid access token. Give it a token that may read the zone and edit its DNS (pulumi config set --secret cloudflare:apiToken TOKEN), and run pulumi up again.\n",
    );
    assert.equal((await machine.shown("lab.example.com")).serialNumber, first.serialNumber);
  });

  it("gets a new one in the release that changes the domain", async () => {
    const { code, output } = await machine.release(machine.site("new.example.com"));
    assert.equal(code, 0, output);
    assert.deepEqual(namesOf(await machine.shown("jupyter.new.example.com")), siteNames("new.example.com").sort());
  });

  it("uses the first one again when the domain is changed back", async () => {
    const asked = machine.world.orders();
    const { code, output } = await machine.release(machine.site("lab.example.com"));
    assert.equal(code, 0, output);
    assert.equal((await machine.shown("lab.example.com")).serialNumber, first.serialNumber);
    assert.equal(machine.world.orders(), asked);
  });

  it("gets a new one if an interrupted run has left it incomplete", async () => {
    const folder = `${machine.host.folder}/data/certificates/certificates`;
    const half = readdirSync(folder).filter((path) => path.endsWith(".crt") && !path.endsWith(".issuer.crt"));
    for (const path of half) writeFileSync(`${folder}/${path}`, "-----BEGIN CERT");
    const { code, output } = await machine.host.apply("renew");
    assert.deepEqual({ code, output }, { code: 0, output: "The certificate was renewed, and is in use.\n" });
    const before = first.serialNumber;
    first = await machine.shown("lab.example.com");
    assert.notEqual(first.serialNumber, before);
  });

  it("uses it again after the site was taken down", async () => {
    const asked = machine.world.orders();
    assert.equal((await machine.down()).code, 0);
    const { code, output } = await machine.release(machine.site("lab.example.com"));
    assert.equal(code, 0, output);
    assert.equal((await machine.shown("lab.example.com")).serialNumber, first.serialNumber);
    assert.equal(machine.world.orders(), asked);
  });
});

describe("A certificate that expires soon", () => {
  const LIFE = 30;
  let machine: Machine;
  let first: X509Certificate;
  let nginx: string;
  beforeAll(async () => {
    machine = await Machine.start({ validity: LIFE });
    const { code, output } = await machine.release(machine.site("lab.example.com"));
    assert.equal(code, 0, output);
    first = await machine.shown("lab.example.com");
    nginx = await machine.containerOf("nginx");
    // lego renews a certificate with a lifetime below ten days at half of it.
    await sleep(Date.parse(first.validFrom) + (LIFE / 2 + 1) * 1000 - Date.now());
  });
  afterAll(() => machine.stop());

  it("stays in use if it cannot be renewed", async () => {
    machine.world.zone.closed = true;
    const { code, output } = await machine.host.apply("renew");
    assert.equal(code, 1);
    assert.match(
      output,
      /^The certificate could not be renewed; the present one stays in use\. lego says: .+: \[status code 403\] 9109: Invalid access token\. Give it .+\n$/,
    );
    machine.backdateRecords();
    const again = await machine.release(machine.site("lab.example.com", { allow: ["bob@example.com"] }));
    assert.equal(again.code, 0, again.output);
    assert.match(again.output, /^The certificate could not be renewed; the present one stays in use\. lego says: /m);
    assert.equal((await machine.shown("lab.example.com")).serialNumber, first.serialNumber);
    machine.world.zone.closed = false;
  });

  it("is renewed by the timer's run, and nginx presents the new one without a new container", async () => {
    assert.deepEqual(await machine.host.apply("renew"), {
      code: 0,
      output: "The certificate was renewed, and is in use.\n",
    });
    assert.notEqual((await machine.shown("lab.example.com")).serialNumber, first.serialNumber);
    assert.equal(await machine.containerOf("nginx"), nginx);
  });
});
