import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { DNS, RECORD, recordName } from "../../../components/cloudflare/dnsRecords.ts";
import {
  conflictingRecords,
  pausedZone,
  requestFailed,
  tooDeep,
  wrongMode,
  wrongStatus,
  zoneFor,
  zoneNotFound,
} from "../../../components/preflight/cloudflareIssues.ts";

const about = { zone: "example.com", domain: "lab.example.com", permissions: "Zone / DNS / Edit" };
/** The provider's error for a response of the API. */
const refused = (status: string, code: number, message: string) =>
  `invocation of cloudflare:index/getZone:getZone returned an error: failed to make http request: GET "https://api.cloudflare.com/client/v4/zones": ${status} {"result":null,"success":false,"errors":[{"code":${code},"message":"${message}"}],"messages":[]}`;

describe("requestFailed() explains a failed request to Cloudflare:", () => {
  const token =
    /^cloudflare:apiToken: .*\((.+)\)\. Create a token for this zone with the permissions Zone \/ DNS \/ Edit .*\n {4}pulumi config set --secret cloudflare:apiToken$/;
  for (const [status, code, message] of [
    ["403 Forbidden", 9109, "Invalid access token"],
    ["403 Forbidden", 10000, "Authentication error"],
    ["403 Forbidden", 9109, "Unauthorized to access requested resource"],
    ["400 Bad Request", 6003, "Invalid request headers"],
    ["400 Bad Request", 9106, "Missing X-Auth-Key, X-Auth-Email or Authorization headers"],
  ] as const)
    it(message, () => {
      assert.equal(token.exec(requestFailed(refused(status, code, message), about))?.[1], message);
    });

  it("a request sent before the zone is known", () => {
    const { zone, ...before } = about;
    assert.match(requestFailed("connection refused", before), /for the zone of lab\.example\.com failed\./);
  });

  it("any other error", () => {
    const said = requestFailed(refused("500 Internal Server Error", 7500, "Internal error"), about);
    assert.equal(
      said,
      "a request to Cloudflare for the zone example.com failed. Run pulumi again. The error: Internal error",
    );
    assert.match(requestFailed("connection refused\nat x", about), /The error: connection refused$/);
  });
});

describe("The zone of a domain", () => {
  const zone = (name: string, status = "active") => ({ name, status });
  const rows: [domain: string, zones: string[], expected: string | undefined][] = [
    ["lab.example.com", ["example.com"], "example.com"],
    ["example.com", ["example.com"], "example.com"],
    ["lab.example.co.uk", ["other.co.uk", "example.co.uk"], "example.co.uk"],
    ["a.b.c.example.com", ["example.org", "c.example.com", "example.com"], "c.example.com"],
    ["sub.example.com", ["example.com", "sub.example.com"], "sub.example.com"],
    ["lab.sub.example.com", ["sub.example.com", "example.com"], "sub.example.com"],
    ["subexample.com", ["example.com"], undefined],
    ["example.com", ["lab.example.com"], undefined],
    ["lab.example.com", [], undefined],
  ];
  for (const [domain, zones, expected] of rows)
    it(`${domain} among ${zones.join(", ") || "none"} is ${expected ?? "not found"}`, () => {
      const found = zoneFor(
        zones.map((name) => zone(name)),
        { domain },
      );
      assert.equal(found?.name, expected);
    });

  it("is the zone that dnsZone names, if it is set", () => {
    const zones = [zone("example.com"), zone("sub.example.com")];
    assert.equal(zoneFor(zones, { domain: "lab.sub.example.com", dnsZone: "example.com" })?.name, "example.com");
    assert.equal(zoneFor(zones, { domain: "lab.sub.example.com", dnsZone: "example.org" }), undefined);
  });

  it("is the active one if two accounts have it", () => {
    for (const zones of [
      [zone("example.com"), zone("example.com", "moved")],
      [zone("example.com", "moved"), zone("example.com")],
    ])
      assert.equal(zoneFor(zones, { domain: "lab.example.com" })?.status, "active");
  });

  it("that is missing is reported with the zones that the token can see", () => {
    const words = zoneNotFound([zone("example.org"), zone("example.net")], about);
    assert.match(words, /^domain: .*no zone for lab\.example\.com\. It sees these: example\.org, example\.net\./);
    assert.match(words, /Zone \/ DNS \/ Edit.*\n {4}pulumi config set --secret cloudflare:apiToken$/);
    assert.match(zoneNotFound([], about), /no zone for lab\.example\.com\. It sees none\./);
    const many = Array.from({ length: 30 }, (_, number) => zone(`example-${number}.com`));
    assert.match(zoneNotFound(many, about), / example-9\.com and 20 more\./);
  });

  it("that dnsZone names and that is missing is reported with the command that unsets dnsZone", () => {
    const words = zoneNotFound([zone("example.com")], { ...about, dnsZone: "example.org" });
    assert.match(
      words,
      /^dnsZone: .*no zone example\.org\. It sees these: example\.com\. .*\n {4}pulumi config rm dnsZone$/,
    );
  });

  it("must be the direct parent of the site's host names behind Cloudflare's proxy", () => {
    assert.equal(tooDeep("example.co.uk", "example.co.uk"), undefined);
    const words = String(tooDeep("example.co.uk", "lab.example.co.uk"));
    assert.match(words, /^proxied: jupyter\.lab\.example\.co\.uk is two or more levels below the zone example\.co\.uk/);
    assert.match(words, /\(pulumi config set domain example\.co\.uk\):\n {4}pulumi config set proxied false$/);
  });
});

describe("A zone at Cloudflare", () => {
  it("must be active", () => {
    assert.equal(wrongStatus("example.com", "active", []), undefined);
    assert.match(
      String(wrongStatus("example.com", "pending", ["ada.ns", "bob.ns"])),
      /is pending: .* ada\.ns, bob\.ns$/,
    );
  });

  it("must not be paused behind Cloudflare's proxy", () => {
    assert.equal(pausedZone("example.com", false), undefined);
    assert.equal(
      pausedZone("example.com", true),
      'proxied: Cloudflare is paused on the zone example.com: browsers would connect straight to the machine, whose firewall admits only Cloudflare. Choose "Enable Cloudflare on Site" under Advanced Actions: https://dash.cloudflare.com/?to=/:account/example.com',
    );
  });

  const modes: [mode: string, tls: string, said: RegExp | undefined][] = [
    ["off", "cloudflare-origin", /^The SSL mode of the zone example\.com is "off".*\/ssl-tls$/],
    ["flexible", "provided", /"flexible".*Set it to Full \(strict\)/],
    ["full", "cloudflare-origin", undefined],
    ["strict", "cloudflare-origin", undefined],
    ["origin_pull", "cloudflare-origin", undefined],
    ["full", "private-ca", undefined],
    ["strict", "private-ca", /^tls: .*\n {4}pulumi config set tls cloudflare-origin$/],
  ];
  for (const [mode, tls, said] of modes)
    it(`in mode ${mode} with tls ${tls} is ${said ? "refused" : "accepted"}`, () => {
      const words = wrongMode("example.com", mode, tls);
      if (said) assert.match(String(words), said);
      else assert.equal(words, undefined);
    });
});

describe("A DNS record", () => {
  const record = (id: string, type: string, content: string, name = "jupyter.example.com") => ({
    id,
    name,
    type,
    content,
  });
  const names = ["example.com", "jupyter.example.com"];
  const key = `${RECORD}::${recordName(DNS, "jupyter.example.com")}`;
  const ours = { [key]: { content: "203.0.113.7" } };
  it("has the key that the state of every existing stack contains", () => {
    assert.equal(key, "cloudflare:index/dnsRecord:DnsRecord::dns-jupyter.example.com");
  });

  const says = (found: ReturnType<typeof record>[], made: Record<string, Record<string, unknown>> = {}) =>
    conflictingRecords(found, names, "zone", made)?.split("\n").slice(1);

  it("of another origin can be imported if it is an IPv4 address", () => {
    assert.deepEqual(says([record("1", "A", "198.51.100.1")]), [
      "jupyter.example.com (A) leads to 198.51.100.1:",
      "    pulumi import --generate-code=false --protect=false cloudflare:index/dnsRecord:DnsRecord dns-jupyter.example.com zone/1",
    ]);
  });

  it("must be deleted if this stack could not have created it", () => {
    const found = [
      record("1", "A", "198.51.100.1"),
      record("2", "A", "198.51.100.2"),
      record("3", "AAAA", "2001:db8::1"),
    ];
    assert.deepEqual(says(found)?.slice(2), [
      "jupyter.example.com (A) leads to 198.51.100.2: delete it.",
      "jupyter.example.com (AAAA) leads to 2001:db8::1: delete it.",
    ]);
    assert.deepEqual(says([record("1", "CNAME", "elsewhere.example.org")]), [
      "jupyter.example.com (CNAME) leads to elsewhere.example.org: delete it.",
    ]);
  });

  it("of another name or type does not conflict", () => {
    assert.equal(
      says([record("1", "A", "198.51.100.1", "www.example.com"), record("2", "TXT", "v=spf1 -all")]),
      undefined,
    );
  });

  it("of this stack does not conflict, even if its address was changed", () => {
    assert.equal(says([record("1", "A", "203.0.113.7")], ours), undefined);
    assert.equal(says([record("1", "A", "198.51.100.1")], ours), undefined);
  });

  it("of another origin beside this stack's own must be deleted", () => {
    const found = [record("1", "A", "198.51.100.1"), record("2", "A", "203.0.113.7")];
    assert.deepEqual(says(found, ours), ["jupyter.example.com (A) leads to 198.51.100.1: delete it."]);
  });
});
