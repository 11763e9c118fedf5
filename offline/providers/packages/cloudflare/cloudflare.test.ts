import assert from "node:assert/strict";
import { createPublicKey, generateKeyPairSync, X509Certificate } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, it } from "@jest/globals";
import { type Cloud, openCloud } from "../../../cloud/folder.ts";
import { listRecords } from "../../../cloud/records.ts";
import { certificate } from "../../../edge/testing.ts";
import { type Properties, UNKNOWN } from "../../resource.ts";
import { serveForTests, type TestEngine } from "../../testing/engine.ts";
import { alternativeNames, distinguishedName } from "../tls/names.ts";
import { createRequest } from "../tls/x509.ts";
import type { Fault } from "./api.ts";
import { publicAuthorityPin } from "./authorities.ts";
import { setDurations } from "./clientCertificates.ts";
import { addresses } from "./edge.ts";
import cloudflare from "./index.ts";
import { edgeCacheRules, writeRulesets } from "./rulesets.ts";
import { addZone, type Zone } from "./zones.ts";

const types = {
  record: "cloudflare:index/dnsRecord:DnsRecord",
  setting: "cloudflare:index/zoneSetting:ZoneSetting",
  originCertificate: "cloudflare:index/originCaCertificate:OriginCaCertificate",
  pullsCertificate:
    "cloudflare:index/authenticatedOriginPullsHostnameCertificate:AuthenticatedOriginPullsHostnameCertificate",
  pulls: "cloudflare:index/authenticatedOriginPulls:AuthenticatedOriginPulls",
};
const functions = {
  zone: "cloudflare:index/getZone:getZone",
  zones: "cloudflare:index/getZones:getZones",
  records: "cloudflare:index/getDnsRecords:getDnsRecords",
  ranges: "cloudflare:index/getIpRanges:getIpRanges",
  setting: "cloudflare:index/getZoneSetting:getZoneSetting",
  rulesets: "cloudflare:index/getRulesets:getRulesets",
  ruleset: "cloudflare:index/getRuleset:getRuleset",
  pulls: "cloudflare:index/getAuthenticatedOriginPulls:getAuthenticatedOriginPulls",
};
const token = "t".repeat(40);
const name = "jupyter.example.test";

/** The answer that a refusal quotes: Cloudflare's messages with their codes. */
const refusal =
  (request: string, status: string, ...errors: [code: number, message?: string][]) =>
  (error: Error) => {
    const [, before = "", body = ""] = /^failed to make http request: (.*?) (\{.*\})$/s.exec(error.message) ?? [];
    assert.match(before, new RegExp(`^${request.replace(" ", ' "https://api.cloudflare.com/client/v4')}": ${status}$`));
    const found = JSON.parse(body);
    assert.equal(found.success, false);
    assert.deepEqual(
      found.errors.map(({ code, message }: Properties, index: number) =>
        errors[index]?.[1] === undefined ? [code] : [code, message],
      ),
      errors,
    );
    return true;
  };

describe("the package cloudflare", () => {
  let served: Awaited<ReturnType<typeof serveForTests>>;
  let engine: TestEngine;
  let cloud: Cloud;
  let zone: Zone;

  beforeAll(async () => {
    served = await serveForTests(cloudflare);
    engine = await served.attach({ apiToken: token });
  });

  afterAll(() => served.close());

  beforeEach(async () => {
    process.env.JUPYTER_UP_CLOUD = await mkdtemp(join(tmpdir(), "cloudflare-"));
    cloud = openCloud();
    zone = await addZone(cloud, "example.test");
  });

  afterEach(async () => {
    await rm(cloud.folder, { recursive: true });
    delete process.env.JUPYTER_UP_CLOUD;
  });

  const record = (changes: Properties = {}): Properties => ({
    zoneId: zone.id,
    name,
    type: "A",
    content: "127.1.2.3",
    ttl: 300,
    ...changes,
  });
  const create = (changes: Properties = {}) => engine.create(types.record, record(changes));
  const zoneFile = async () => JSON.parse(await readFile(join(cloud.folder, "zone.json"), "utf8"));
  const setFaults = (...faults: (Fault | Properties)[]) =>
    writeFile(join(cloud.folder, "faults.json"), JSON.stringify(faults));

  describe("DnsRecord", () => {
    it("is created with the defaults and computed outputs of the real one", async () => {
      const { id, outputs } = await create({ comment: "the notebook" });
      assert.match(id, /^[0-9a-f]{32}$/);
      const { createdOn, modifiedOn, commentModifiedOn, ...rest } = outputs;
      assert.equal(new Date(String(createdOn)).toISOString(), createdOn);
      assert.deepEqual([modifiedOn, commentModifiedOn], [createdOn, createdOn]);
      assert.deepEqual(rest, {
        ...record({ comment: "the notebook" }),
        proxied: false,
        includeShadowMetadata: false,
        meta: "{}",
        proxiable: true,
        settings: {},
        tags: [],
      });
      assert.deepEqual(await zoneFile(), { [name]: "127.1.2.3" });
    });

    it("shows unknown outputs in a preview, and creates nothing", async () => {
      const { outputs } = await engine.create(types.record, record(), { preview: true });
      assert.equal(outputs.createdOn, UNKNOWN);
      assert.deepEqual(await listRecords(cloud), []);
    });

    it("is replaced when its zone or type changes, and updated otherwise", async () => {
      const made = await create();
      const changes = { content: "127.1.2.4", ttl: 1, proxied: true, comment: "new", name: "lab.example.test" };
      assert.deepEqual(await engine.diff(types.record, made, record(changes)), {
        content: "update",
        ttl: "update",
        proxied: "update",
        comment: "add",
        name: "update",
      });
      assert.deepEqual(await engine.diff(types.record, made, record({ type: "CNAME", zoneId: "0".repeat(32) })), {
        type: "update & replace",
        zoneId: "update & replace",
      });
      assert.deepEqual(await engine.diff(types.record, made, record({ proxied: false })), {});
    });

    it("treats a name with and without the zone's as the same", async () => {
      const made = await create({ name: "jupyter" });
      assert.equal(made.outputs.name, "jupyter");
      assert.deepEqual(await zoneFile(), { [name]: "127.1.2.3" });
      assert.deepEqual(await engine.diff(types.record, made, record()), {});
      assert.deepEqual(await engine.diff(types.record, made, record({ name: "Jupyter.Example.test." })), {});
      assert.equal((await engine.read(types.record, made)).inputs.name, "jupyter");
    });

    it("is created below the zone when its name is in another domain, as with the real one", async () => {
      await create({ name: "jupyter.other.test" });
      await create({ name: "@" });
      assert.deepEqual(await zoneFile(), {
        "jupyter.other.test.example.test": "127.1.2.3",
        "example.test": "127.1.2.3",
      });
    });

    it("updates in place, and keeps its creation time", async () => {
      const made = await create();
      const updated = await engine.update(types.record, made, record({ content: "127.9.9.9" }));
      assert.equal(updated.outputs.content, "127.9.9.9");
      assert.equal(updated.outputs.createdOn, made.outputs.createdOn);
      assert.deepEqual(await zoneFile(), { [name]: "127.9.9.9" });
    });

    it("is gone after it is deleted, and cannot be deleted twice", async () => {
      const made = await create();
      await engine.delete(types.record, made);
      assert.deepEqual(await zoneFile(), {});
      assert.deepEqual(await listRecords(cloud), []);
      assert.equal((await engine.read(types.record, made)).id, "");
      const path = `/zones/${zone.id}/dns_records/${made.id}`;
      await assert.rejects(
        engine.delete(types.record, made),
        refusal(`DELETE ${path}`, "404 Not Found", [81044, "Record does not exist."]),
      );
    });

    it("is refused if name and content are the same, but not if the content differs", async () => {
      await create();
      await assert.rejects(
        create(),
        refusal(`POST /zones/${zone.id}/dns_records`, "400 Bad Request", [
          81058,
          "An identical record already exists.",
        ]),
      );
      await create({ content: "127.1.2.4" });
      assert.deepEqual(await zoneFile(), { [name]: "127.1.2.3" });
    });

    it("cannot be an address beside a CNAME, nor a CNAME beside anything", async () => {
      const post = `POST /zones/${zone.id}/dns_records`;
      await create({ type: "CNAME", content: "example.test" });
      await assert.rejects(create(), (error: Error) => {
        refusal(post, "400 Bad Request", [81054])(error);
        return error.message.includes("A CNAME record with that host already exists. For more details, refer to <");
      });
      await create({ name: "lab", content: "127.1.2.3" });
      await assert.rejects(create({ name: "lab", type: "CNAME", content: "example.test" }), (error: Error) => {
        refusal(post, "400 Bad Request", [81053])(error);
        return error.message.includes("An A, AAAA, or CNAME record with that host already exists.");
      });
    });

    it("cannot be renamed onto another one", async () => {
      await create();
      const other = await create({ name: "lab" });
      await assert.rejects(engine.update(types.record, other, record()), /81058/);
    });

    it("is created once when two are requested at the same time", async () => {
      const results = await Promise.allSettled([create(), create()]);
      assert.deepEqual(results.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
      assert.equal((await listRecords(cloud)).length, 1);
    });

    it("refuses invalid contents and TTLs", async () => {
      const post = `POST /zones/${zone.id}/dns_records`;
      await assert.rejects(
        create({ content: "vm.example.test" }),
        refusal(post, "400 Bad Request", [9005, "Content for A record must be a valid IPv4 address."]),
      );
      await assert.rejects(create({ type: "AAAA" }), refusal(post, "400 Bad Request", [9006]));
      await assert.rejects(create({ type: "CNAME" }), refusal(post, "400 Bad Request", [9007]));
      for (const ttl of [0, 59, 86_401]) {
        await assert.rejects(create({ ttl }), (error: Error) => {
          refusal(post, "400 Bad Request", [1004, "DNS Validation Error"])(error);
          return error.message.includes("Invalid TTL. Must be between 60 and 86400 seconds, or 1 for Automatic.");
        });
      }
      for (const ttl of [1, 60, 86_400]) await create({ ttl, name: `ttl-${ttl}` });
    });

    it("refuses a proxied one with a TTL at creation, not before", async () => {
      const inputs = record({ proxied: true });
      assert.deepEqual(await engine.check(types.record, inputs), []);
      await assert.rejects(create({ proxied: true }), {
        message:
          "ttl must be set to 1 when `proxied` is true: When a DNS record is marked as `proxied` the TTL must be 1 as Cloudflare will control the TTL internally.",
      });
    });

    it("refuses unknown types, and says what the fake does not support", async () => {
      assert.match(
        String(await engine.check(types.record, record({ type: "B" }))),
        /^type: Attribute type value must be/,
      );
      assert.deepEqual(await engine.check(types.record, record({ type: UNKNOWN })), []);
      assert.deepEqual(await engine.check(types.record, record({ tags: ["a:b"] })), [
        "tags: The fake provider cloudflare knows no tags of a record.",
      ]);
    });

    it("is refused in a zone that does not exist", async () => {
      await assert.rejects(
        create({ zoneId: "example.test" }),
        refusal("POST /zones/example.test/dns_records", "404 Not Found", [7003], [7000, "No route for that URI"]),
      );
      const id = "0".repeat(32);
      await assert.rejects(
        create({ zoneId: id }),
        refusal(`POST /zones/${id}/dns_records`, "403 Forbidden", [10000, "Authentication error"]),
      );
    });

    it("is imported by the ids of its zone and itself, with all its inputs", async () => {
      const made = await create({ comment: "the notebook" });
      const imported = await engine.import(types.record, `${zone.id}/${made.id}`);
      assert.equal(imported.id, made.id);
      assert.deepEqual(imported.inputs, record({ comment: "the notebook", proxied: false }));
      assert.deepEqual(await engine.diff(types.record, imported, record({ comment: "the notebook" })), {});
      await assert.rejects(engine.import(types.record, made.id), {
        message: `invalid ID: expected urlencoded segments "<zone_id>/<dns_record_id>", got "${made.id}"`,
      });
    });

    it("shows changes made outside of Pulumi on refresh", async () => {
      const made = await create();
      await engine.update(types.record, made, record({ content: "127.6.6.6" }));
      const { inputs, outputs } = await engine.read(types.record, made);
      assert.deepEqual([inputs.content, outputs.content], ["127.6.6.6", "127.6.6.6"]);
      assert.deepEqual(Object.keys(inputs).sort(), Object.keys(record()).sort());
    });
  });

  describe("the zone file for browsers", () => {
    const entry = (changes: Properties) =>
      ({
        id: "",
        zoneId: "",
        name,
        type: "A",
        content: "127.1.2.3",
        ttl: 1,
        proxied: false,
        createdOn: "",
        modifiedOn: "",
        ...changes,
      }) as const;

    it("resolves a proxied record to the edge, follows a CNAME, and omits records that are not addresses", () => {
      const found = addresses(
        [
          entry({}),
          entry({ name: "proxied.example.test", proxied: true }),
          entry({ name: "alias.example.test", type: "CNAME", content: "Jupyter.example.test." }),
          entry({ name: "away.example.test", type: "CNAME", content: "other.test" }),
          entry({ name: "round.example.test", type: "CNAME", content: "round.example.test" }),
          entry({ name: "_acme-challenge.example.test", type: "TXT", content: "text" }),
        ],
        "127.200.0.1",
      );
      assert.deepEqual(found, {
        [name]: "127.1.2.3",
        "proxied.example.test": "127.200.0.1",
        "alias.example.test": "127.1.2.3",
      });
    });
  });

  describe("the token", () => {
    it("is refused for its format before any request", async () => {
      assert.deepEqual(await engine.checkConfig({ apiToken: "short" }), [
        "apiToken: Invalid Attribute Value. Attribute api_token API tokens must only contain characters a-z, A-Z, 0-9, hyphens and underscores",
      ]);
      for (const apiToken of [token, UNKNOWN, undefined]) assert.deepEqual(await engine.checkConfig({ apiToken }), []);
    });

    it("is an error if it is missing when needed, and is found in the environment", async () => {
      const nobody = await served.attach();
      const missing = [9106, "Missing X-Auth-Key, X-Auth-Email or Authorization headers"] as [number, string];
      await assert.rejects(
        nobody.create(types.record, record()),
        refusal(`POST /zones/${zone.id}/dns_records`, "400 Bad Request", missing),
      );
      process.env.CLOUDFLARE_API_TOKEN = token;
      await nobody.create(types.record, record());
      process.env.CLOUDFLARE_API_TOKEN = "not a token";
      await assert.rejects(nobody.invoke(functions.zones, {}), refusal("GET /zones", "400 Bad Request", [6003]));
      delete process.env.CLOUDFLARE_API_TOKEN;
    });

    it("may be a secret of the stack", async () => {
      const secret = { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", value: token };
      const somebody = await served.attach({ apiToken: secret });
      await somebody.create(types.record, record());
    });

    it("injects the faults of a test, in Cloudflare's words", async () => {
      await setFaults(
        { request: "GET /zones", fault: "invalid token" },
        { request: "POST *dns_records", fault: "no permission" },
      );
      await assert.rejects(
        engine.invoke(functions.zone, { filter: { name: "example.test" } }),
        refusal("GET /zones", "403 Forbidden", [9109, "Invalid access token"]),
      );
      await assert.rejects(
        create(),
        refusal(`POST /zones/${zone.id}/dns_records`, "403 Forbidden", [10000, "Authentication error"]),
      );
      const slower = { status: 429, errors: [{ code: 1, message: "slower" }] };
      await setFaults(
        { type: "*", operation: "*", fault: "quota exceeded" },
        { request: "*", fault: slower, times: 1 },
      );
      await assert.rejects(
        create(),
        refusal(`POST /zones/${zone.id}/dns_records`, "429 Too Many Requests", [1, "slower"]),
      );
      await create();
    });
  });

  describe("the public authority", () => {
    it("has signed the edge's certificate, and Chromium trusts its key", async () => {
      await create();
      const edge = JSON.parse(await readFile(join(cloud.folder, "edge", "edge.json"), "utf8"));
      const [leaf] = edge.zones.map(({ certificate }: { certificate: Properties }) => String(certificate.certificate));
      const x509 = new X509Certificate(leaf);
      const authority = new X509Certificate(await readFile(join(cloud.folder, "public-ca.pem")));
      assert.ok(x509.verify(authority.publicKey));
      assert.equal(x509.subjectAltName, "DNS:example.test, DNS:*.example.test");
      assert.match(await publicAuthorityPin(cloud), /^[A-Za-z0-9+/]{43}=$/);
      assert.ok(leaf.endsWith(await readFile(join(cloud.folder, "public-ca.pem"), "utf8")));
    });
  });

  describe("getZone", () => {
    it("finds a zone by its name or its id", async () => {
      const found = await engine.invoke(functions.zone, { filter: { name: "example.test" } });
      assert.deepEqual(
        [found.id, found.zoneId, found.name, found.status],
        [zone.id, zone.id, "example.test", "active"],
      );
      assert.deepEqual((found.plan as Properties).legacyId, "free");
      assert.deepEqual(found.filter, { match: "all", name: "example.test" });
      assert.equal((await engine.invoke(functions.zone, { zoneId: zone.id })).name, "example.test");
      assert.equal(found.paused, false);
      await addZone(cloud, "example.test", { paused: true });
      assert.equal((await engine.invoke(functions.zone, { zoneId: zone.id })).paused, true);
    });

    it("refuses a filter that matches no zone or several", async () => {
      await assert.rejects(engine.invoke(functions.zone, { filter: { name: "other.test" } }), {
        message: "failed to find exactly one result: 0 found",
      });
      await addZone(cloud, "other.test");
      await assert.rejects(engine.invoke(functions.zone, { filter: {} }), {
        message: "failed to find exactly one result: 2 found",
      });
    });

    it("requires either a filter or an id", async () => {
      for (const args of [{}, { zoneId: zone.id, filter: { name: "example.test" } }]) {
        await assert.rejects(engine.invoke(functions.zone, args), /Exactly one of these attributes/);
      }
      const unknown = { zoneId: "0".repeat(32) };
      await assert.rejects(engine.invoke(functions.zone, unknown), /400 Bad Request.*1001.*Invalid zone identifier/);
    });
  });

  describe("getZones", () => {
    it("filters by name with operators, account and status, by all or any, limits the list and reverses it", async () => {
      await addZone(cloud, "other.test", { status: "pending" });
      const account = { id: "a".repeat(32), name: "Bob's" };
      await addZone(cloud, "third.example", { account });
      const names = async (args: Properties) => {
        const { results } = await engine.invoke(functions.zones, args);
        return (results as Properties[]).map((found) => found.name);
      };
      assert.deepEqual(await names({}), ["example.test", "other.test", "third.example"]);
      assert.deepEqual(await names({ name: "ends_with:.TEST" }), ["example.test", "other.test"]);
      assert.deepEqual(await names({ name: "ends_with_case_sensitive:.TEST" }), []);
      assert.deepEqual(await names({ name: "contains:example" }), ["example.test", "third.example"]);
      assert.deepEqual(await names({ name: "not_equal:other.test" }), ["example.test", "third.example"]);
      assert.deepEqual(await names({ account: { name: "starts_with:bob" } }), ["third.example"]);
      assert.deepEqual(await names({ account: { id: account.id }, status: "pending" }), []);
      assert.deepEqual(await names({ account: { id: account.id }, status: "pending", match: "any" }), [
        "other.test",
        "third.example",
      ]);
      assert.deepEqual(await names({ maxItems: 1, direction: "desc" }), ["third.example"]);
    });

    it("returns at most 1000 by default", async () => {
      const entries = Array.from({ length: 1001 }, (_, number) => [`zone-${number}.test`, zone] as const);
      await writeFile(join(cloud.folder, "zones.json"), JSON.stringify(Object.fromEntries(entries)));
      const count = async (args: Properties) =>
        ((await engine.invoke(functions.zones, args)).results as Properties[]).length;
      assert.deepEqual([await count({}), await count({ maxItems: 10_000 })], [1000, 1001]);
    });

    it("refuses unknown arguments and values", async () => {
      const refuses = (args: Properties, message: RegExp) =>
        assert.rejects(engine.invoke(functions.zones, args), message);
      await refuses({ filter: { name: "example.test" } }, /An argument named "filter" is not expected/);
      await refuses({ direction: "down" }, /direction value must be one of: \["asc" "desc"\], got: "down"/);
      await refuses({ status: "paused" }, /status value must be one of/);
      await refuses({ maxItems: 0 }, /max_items value must be at least 1/);
    });
  });

  describe("getDnsRecords", () => {
    it("finds the records of a name, so that a program can check before it creates one", async () => {
      const made = await create({ comment: "by hand" });
      await create({ name: "lab", content: "127.1.2.9" });
      const { results } = await engine.invoke(functions.records, {
        zoneId: zone.id,
        name: { exact: "JUPYTER.example.test" },
      });
      assert.deepEqual(
        (results as Properties[]).map(({ id, name, content, type, proxied, comment }) => [
          id,
          name,
          content,
          type,
          proxied,
          comment,
        ]),
        [[made.id, name, "127.1.2.3", "A", false, "by hand"]],
      );
      const count = async (args: Properties) =>
        ((await engine.invoke(functions.records, { zoneId: zone.id, ...args })).results as unknown[]).length;
      assert.deepEqual(
        [
          await count({}),
          await count({ type: "a" }),
          await count({ content: { startswith: "127.1" } }),
          await count({ proxied: true }),
        ],
        [2, 2, 2, 0],
      );
    });
  });

  describe("getIpRanges", () => {
    it("has Cloudflare's ranges and the edge's own address, which never changes", async () => {
      const { ipv4Cidrs } = (await engine.invoke(functions.ranges, {})) as { ipv4Cidrs: string[] };
      assert.ok(ipv4Cidrs.includes("173.245.48.0/20"));
      assert.match(ipv4Cidrs.at(-1) ?? "", /^127\.(19[2-9]|2[01]\d|22[0-3])\.\d+\.\d+\/32$/);
      assert.deepEqual((await engine.invoke(functions.ranges, {})).ipv4Cidrs, ipv4Cidrs);
    });
  });

  describe("ZoneSetting", () => {
    const setting = (changes: Properties = {}) => ({ zoneId: zone.id, settingId: "ssl", value: "strict", ...changes });

    it("sets a value, and warns at deletion that the value stays", async () => {
      const made = await engine.create(types.setting, setting());
      assert.equal(made.id, "ssl");
      assert.deepEqual([made.outputs.value, made.outputs.editable], ["strict", true]);
      await engine.delete(types.setting, made);
      assert.equal((await engine.read(types.setting, made)).outputs.value, "strict");
      assert.deepEqual(await listRecords(cloud), []);
      const said = engine.messages.map(({ text }) => text);
      assert.ok(said.some((text) => text.includes("This resource cannot be destroyed from Terraform.")));
      assert.ok(said.some((text) => text.includes("will not change it in the API")));
    });

    it("is updated when its value changes, and replaced when its setting or zone changes", async () => {
      const made = await engine.create(types.setting, setting());
      assert.deepEqual(await engine.diff(types.setting, made, setting({ value: "full" })), { value: "update" });
      assert.deepEqual(await engine.diff(types.setting, made, setting({ settingId: "http3", zoneId: "z" })), {
        settingId: "update & replace",
        zoneId: "update & replace",
      });
      await engine.update(types.setting, made, setting({ value: "full" }));
      assert.equal((await engine.read(types.setting, made)).inputs.value, "full");
    });

    it("can be read before it was ever set", async () => {
      const imported = await engine.import(types.setting, `${zone.id}/always_use_https`);
      assert.deepEqual(imported.inputs, { zoneId: zone.id, settingId: "always_use_https", value: "off" });
    });

    it("refuses unknown values and settings", async () => {
      await assert.rejects(
        engine.create(types.setting, setting({ value: "very strict" })),
        refusal(`PATCH /zones/${zone.id}/settings/ssl`, "400 Bad Request", [
          1007,
          "Invalid value for zone setting ssl",
        ]),
      );
      await assert.rejects(engine.create(types.setting, setting({ settingId: "tsl" })), /Undefined zone setting: tsl/);
    });
  });

  describe("getZoneSetting", () => {
    const value = async (settingId: string) =>
      (await engine.invoke(functions.setting, { zoneId: zone.id, settingId })).value;

    it("has what Cloudflare sets in a new zone", async () => {
      const settings = ["websockets", "rocket_loader", "email_obfuscation", "security_level"];
      assert.deepEqual(await Promise.all(settings.map(value)), ["on", "off", "on", "medium"]);
    });

    it("refuses unknown settings", async () => {
      await assert.rejects(value("web_sockets"), /Undefined zone setting: web_sockets/);
    });
  });

  describe("getRulesets and getRuleset", () => {
    const rule = (expression: string, actionParameters: Properties, enabled = true) => ({
      action: "set_cache_settings",
      expression,
      enabled,
      actionParameters,
    });
    const ruleset = (rules: ReturnType<typeof rule>[]) => ({
      id: "e".repeat(32),
      name: "default",
      kind: "zone" as const,
      phase: "http_request_cache_settings",
      rules,
    });

    it("are refused to a token that can read only the zone and its settings", async () => {
      await assert.rejects(
        engine.invoke(functions.rulesets, { zoneId: zone.id }),
        refusal(`GET /zones/${zone.id}/rulesets`, "403 Forbidden", [10000, "Authentication error"]),
      );
    });

    it("return the rulesets, and the rules of one", async () => {
      await writeRulesets(cloud, zone.id, [ruleset([rule("true", { cache: true })])]);
      const { rulesets } = (await engine.invoke(functions.rulesets, { zoneId: zone.id })) as { rulesets: Properties[] };
      assert.deepEqual(
        rulesets.map(({ phase, rules }) => [phase, rules]),
        [["http_request_cache_settings", undefined]],
      );
      const { rules } = await engine.invoke(functions.ruleset, { zoneId: zone.id, id: "e".repeat(32) });
      assert.deepEqual((rules as Properties[])[0]?.actionParameters, { cache: true });
      await assert.rejects(
        engine.invoke(functions.ruleset, { zoneId: zone.id, id: "f".repeat(32) }),
        /could not find ruleset/,
      );
    });

    it("are followed by the edge, as far as it supports them", async () => {
      const override = { cache: true, edgeTtl: { mode: "override_origin", default: 60 } };
      const rules = [
        rule(`(http.host eq "${name}")`, override),
        rule("true", { cache: false }),
        rule("true", override, false),
      ];
      await writeRulesets(cloud, zone.id, [ruleset(rules)]);
      assert.deepEqual(await edgeCacheRules(cloud, zone.id), [
        { hosts: [name], cache: true, edgeTtl: 60 },
        { cache: false },
      ]);
      const unknown = rule('starts_with(http.request.uri.path, "/a")', override);
      await assert.rejects(writeRulesets(cloud, zone.id, [ruleset([unknown])]), /does not know the expression/);
    });
  });

  describe("OriginCaCertificate", () => {
    const request = (kind: "ec" | "rsa" = "ec") => {
      const { privateKey } =
        kind === "ec"
          ? generateKeyPairSync("ec", { namedCurve: "P-256" })
          : generateKeyPairSync("rsa", { modulusLength: 2048 });
      const names = alternativeNames({ dnsNames: [name] });
      return { key: privateKey, csr: createRequest(distinguishedName({ commonName: name }), names, privateKey).pem };
    };
    const inputs = (csr: string, changes: Properties = {}) => ({
      csr,
      hostnames: [name, "*.example.test"],
      requestType: "origin-ecc",
      ...changes,
    });

    it("signs the request's key for the given names with the given authority", async () => {
      for (const [requestType, kind] of [
        ["origin-ecc", "ec"],
        ["origin-rsa", "rsa"],
      ] as const) {
        const { key, csr } = request(kind);
        const { id, outputs } = await engine.create(types.originCertificate, inputs(csr, { requestType }));
        const x509 = new X509Certificate(String(outputs.certificate));
        assert.ok(x509.checkPrivateKey(key));
        assert.equal(x509.subjectAltName, `DNS:${name}, DNS:*.example.test`);
        assert.equal(BigInt(`0x${x509.serialNumber}`).toString(), id);
        assert.match(x509.subject, /CN=CloudFlare Origin Certificate/);
        const authority = JSON.parse(await readFile(join(cloud.folder, "authorities", `${requestType}.json`), "utf8"));
        assert.ok(x509.verify(createPublicKey(authority.certificate)));
        const days = (Date.parse(x509.validTo) - Date.now()) / 86_400_000;
        assert.equal(Math.round(days), 5475);
        assert.equal(outputs.requestedValidity, 5475);
        assert.equal(Date.parse(String(outputs.expiresOn).replace(" UTC", "")), Date.parse(x509.validTo));
      }
    });

    it("is replaced for every change, but not when the default is set explicitly", async () => {
      const { csr } = request();
      const made = await engine.create(types.originCertificate, inputs(csr));
      const changed = inputs(request().csr, { hostnames: [name], requestType: "origin-rsa", requestedValidity: 90 });
      assert.deepEqual(await engine.diff(types.originCertificate, made, changed), {
        csr: "update & replace",
        "hostnames[1]": "delete & replace",
        requestType: "update & replace",
        requestedValidity: "update & replace",
      });
      assert.deepEqual(await engine.diff(types.originCertificate, made, inputs(csr, { requestedValidity: 5475 })), {});
    });

    it("refuses invalid lengths, types and requests", async () => {
      const { csr } = request();
      assert.deepEqual(await engine.check(types.originCertificate, inputs(csr, { requestedValidity: 60 })), [
        "requestedValidity: Attribute requested_validity value must be one of: [7 30 90 365 730 1095 5475], got: 60",
      ]);
      assert.equal((await engine.check(types.originCertificate, inputs(csr, { requestType: "dsa" }))).length, 1);
      assert.deepEqual(
        await engine.check(types.originCertificate, inputs(UNKNOWN, { requestedValidity: UNKNOWN })),
        [],
      );
      await assert.rejects(engine.create(types.originCertificate, inputs("no request")), /400 Bad Request/);
    });

    it("refuses names outside the account's zones or in a pending one, and wildcards in the middle", async () => {
      await addZone(cloud, "pending.test", { status: "pending" });
      const { csr } = request();
      for (const hostname of ["jupyter.other.test", "pending.test", "a.*.example.test", "*.*.example.test"]) {
        await assert.rejects(
          engine.create(types.originCertificate, inputs(csr, { hostnames: [hostname] })),
          refusal("POST /certificates", "400 Bad Request", [
            1010,
            `Failed to validate requested hostname ${hostname}: This zone is either not part of your account, or you do not have access to it. Please contact support if using a multi-user organization.`,
          ]),
        );
      }
    });

    it("returns its names in the API's order, which replaces the certificate of a program with another order", async () => {
      const { csr } = request();
      const made = await engine.create(types.originCertificate, inputs(csr));
      const read = await engine.read(types.originCertificate, made);
      assert.deepEqual(read.inputs.hostnames, ["jupyter.example.test", "*.example.test"].toSorted().reverse());
      const other = inputs(csr, { hostnames: (read.inputs.hostnames as string[]).toReversed() });
      assert.deepEqual(await engine.diff(types.originCertificate, read, other), {
        "hostnames[0]": "update & replace",
        "hostnames[1]": "update & replace",
      });
    });

    it("is revoked when it is deleted", async () => {
      const made = await engine.create(types.originCertificate, inputs(request().csr));
      assert.equal((await engine.read(types.originCertificate, made)).outputs.certificate, made.outputs.certificate);
      await engine.delete(types.originCertificate, made);
      assert.equal((await engine.read(types.originCertificate, made)).id, "");
      assert.deepEqual(await listRecords(cloud), []);
    });
  });

  describe("authenticated origin pulls", () => {
    const pair = certificate(["origin pull"]);
    const upload = (changes: Properties = {}) => ({
      zoneId: zone.id,
      certificate: pair.certificate,
      privateKey: pair.privateKey,
      ...changes,
    });
    const pulls = (certId: string, changes: Properties = {}) => ({
      zoneId: zone.id,
      configs: [{ hostname: name, certId, enabled: true, ...changes }],
    });
    const edge = async () => JSON.parse(await readFile(join(cloud.folder, "edge", "edge.json"), "utf8"));
    const shown = async () => Object.keys((await edge()).clientCertificates);
    const atOnce = { certificate: 0, association: 0, voiding: 0 };
    const never = 3_600_000;
    const association = () => engine.invoke(functions.pulls, { zoneId: zone.id, hostname: name });
    const statuses = async () => {
      const { status, certStatus } = await association();
      return [status, certStatus];
    };

    beforeEach(() => setDurations(cloud, atOnce));

    it("are slow: neither a certificate nor an association is active at once", async () => {
      await setDurations(cloud, { certificate: never, association: never });
      const made = await engine.create(types.pullsCertificate, upload());
      assert.equal((await engine.read(types.pullsCertificate, made)).outputs.status, "pending_deployment");
      const pending = ["pending_deployment", "pending_deployment"];
      const { outputs } = await engine.create(types.pulls, pulls(made.id));
      assert.deepEqual([outputs.status, outputs.certStatus], pending);
      assert.deepEqual(await statuses(), pending);
      await setDurations(cloud, { certificate: 0, association: never });
      assert.deepEqual(await statuses(), ["pending_deployment", "active"]);
      await setDurations(cloud, atOnce);
      assert.deepEqual(await statuses(), ["active", "active"]);
    });

    it("make the edge present a certificate only when both are active", async () => {
      await setDurations(cloud, { certificate: 90_000, association: 60_000 });
      const { id, outputs } = await engine.create(types.pullsCertificate, upload());
      await engine.create(types.pulls, pulls(id));
      const { from } = (await edge()).clientCertificates[name];
      assert.equal(from, Date.parse(String(outputs.uploadedOn)) + 90_000);
    });

    it("cannot be deleted while a certificate is being deployed, is in use or was in use a moment ago", async () => {
      const made = await engine.create(types.pullsCertificate, upload());
      const path = `/zones/${zone.id}/origin_tls_client_auth/hostnames/certificates/${made.id}`;
      const refusesWith = (code: number) =>
        assert.rejects(
          engine.delete(types.pullsCertificate, made),
          refusal(`DELETE ${path}`, "400 Bad Request", [code]),
        );
      await setDurations(cloud, { certificate: never });
      await refusesWith(1434);
      await setDurations(cloud, { ...atOnce, voiding: never });
      const used = await engine.create(types.pulls, pulls(made.id));
      await refusesWith(1433);
      await engine.delete(types.pulls, used);
      await refusesWith(1433);
      assert.deepEqual(await statuses(), ["pending_deletion", "active"]);
      await setDurations(cloud, atOnce);
      await assert.rejects(association(), /404 Not Found.*1553/);
      await engine.delete(types.pullsCertificate, made);
      assert.deepEqual(await listRecords(cloud), []);
      await assert.rejects(engine.delete(types.pullsCertificate, made), /404 Not Found.*1552/);
    });

    it("can be queried without Pulumi, with the zone's token", async () => {
      const { CLOUDFLARE_BASE_URL: api } = await cloudflare.environment();
      const get = async (path: string, authorization = `Bearer ${token}`) => {
        const url = `${api}/zones/${zone.id}/origin_tls_client_auth/hostnames/${path}`;
        const response = await fetch(url, { headers: { authorization } });
        const { result, errors } = (await response.json()) as { result: Properties; errors: Properties[] };
        return [response.status, errors[0]?.code, result?.status, result?.enabled];
      };
      const { id } = await engine.create(types.pullsCertificate, upload());
      assert.deepEqual(await get(`certificates/${id}`), [200, undefined, "active", undefined]);
      assert.deepEqual(await get(name), [404, 1553, undefined, undefined]);
      await engine.create(types.pulls, pulls(id));
      assert.deepEqual(await get(name), [200, undefined, "active", true]);
      assert.deepEqual(await get(name, ""), [400, 9106, undefined, undefined]);
      assert.deepEqual(await get("certificates/none"), [404, 1552, undefined, undefined]);
    });

    it("keep a certificate and describe it", async () => {
      const made = await engine.create(types.pullsCertificate, upload());
      const { outputs } = made;
      assert.deepEqual(
        [outputs.issuer, outputs.signature, outputs.status],
        ["origin pull", "ECDSAWithSHA256", "pending_deployment"],
      );
      assert.equal(Date.parse(String(outputs.expiresOn)), Date.parse(pair.x509.validTo));
      assert.equal(outputs.serialNumber, BigInt(`0x${pair.x509.serialNumber}`).toString());
      assert.equal((await engine.read(types.pullsCertificate, made)).outputs.status, "active");
    });

    it("replace a certificate for every change except white space around it", async () => {
      const made = await engine.create(types.pullsCertificate, upload());
      assert.deepEqual(
        await engine.diff(types.pullsCertificate, made, upload({ certificate: pair.certificate.trim() })),
        {},
      );
      const other = certificate(["another"]);
      assert.deepEqual(
        await engine.diff(
          types.pullsCertificate,
          made,
          upload({ certificate: other.certificate, privateKey: other.privateKey }),
        ),
        { certificate: "update & replace", privateKey: "update & replace" },
      );
    });

    it("refuse a certificate without its key", async () => {
      const { privateKey } = certificate(["another"]);
      for (const changes of [{ privateKey }, { privateKey: "none" }, { certificate: "none" }]) {
        await assert.rejects(engine.create(types.pullsCertificate, upload(changes)), /400 Bad Request/);
      }
    });

    it("are on for a host name while an enabled association exists", async () => {
      const { id } = await engine.create(types.pullsCertificate, upload());
      const made = await engine.create(types.pulls, pulls(id));
      assert.equal(made.id, name);
      assert.deepEqual([made.outputs.hostname, made.outputs.certId, made.outputs.enabled], [name, id, true]);
      assert.deepEqual(await shown(), [name]);
      assert.deepEqual(await engine.diff(types.pulls, made, pulls(id, { enabled: false })), {
        "configs[0].enabled": "update",
      });
      const off = await engine.update(types.pulls, made, pulls(id, { enabled: false }));
      assert.deepEqual(await shown(), []);
      await engine.update(types.pulls, off, pulls(id));
      assert.deepEqual(await shown(), [name]);
      await engine.delete(types.pulls, made);
      assert.deepEqual(await shown(), []);
      assert.equal((await engine.read(types.pulls, made)).id, "");
    });

    it("require exactly one host name per resource, in the zone, with an existing certificate", async () => {
      const { id } = await engine.create(types.pullsCertificate, upload());
      const two = {
        zoneId: zone.id,
        configs: [...pulls(id).configs, { hostname: "lab.example.test", certId: id, enabled: true }],
      };
      assert.deepEqual(await engine.check(types.pulls, two), []);
      await assert.rejects(engine.create(types.pulls, two), {
        message:
          "invalid config: config must contain exactly one hostname association. Create separate resources to manage multiple hostnames.",
      });
      await assert.rejects(
        engine.create(types.pulls, pulls(id, { hostname: "" })),
        /config\[0\]\.hostname must not be empty/,
      );
      await assert.rejects(
        engine.create(types.pulls, pulls(id, { hostname: "jupyter.other.test" })),
        /400 Bad Request/,
      );
      await assert.rejects(engine.create(types.pulls, pulls("none")), /400 Bad Request/);
    });
  });
});
