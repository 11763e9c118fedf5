import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { inTheWay, whyNot, wrongMode, wrongStatus } from "../../../components/cloudflareFaults.ts";
import { DNS, RECORD, recordName } from "../../../components/dnsRecords.ts";

const about = { zone: "example.com", domain: "lab.example.com", rights: "Zone / DNS / Edit" };
/** As the provider words an answer of the API. */
const refused = (status: string, code: number, message: string) =>
  `invocation of cloudflare:index/getZone:getZone returned an error: failed to make http request: GET "https://api.cloudflare.com/client/v4/zones": ${status} {"result":null,"success":false,"errors":[{"code":${code},"message":"${message}"}],"messages":[]}`;

describe("Why Cloudflare does not answer is said in plain words:", () => {
  const token =
    /^cloudflare:apiToken: .*\((.+)\)\. The token has to be allowed Zone \/ DNS \/ Edit, .*\n {4}pulumi config set --secret cloudflare:apiToken$/;
  for (const [status, code, message] of [
    ["403 Forbidden", 9109, "Invalid access token"],
    ["403 Forbidden", 10000, "Authentication error"],
    ["403 Forbidden", 9109, "Unauthorized to access requested resource"],
    ["400 Bad Request", 6003, "Invalid request headers"],
    ["400 Bad Request", 9106, "Missing X-Auth-Key, X-Auth-Email or Authorization headers"],
  ] as const)
    it(message, () => {
      assert.equal(token.exec(whyNot(refused(status, code, message), about))?.[1], message);
    });

  it("a zone that is not there, with the other name that it may have", () => {
    const error = "invocation returned an error: failed to find exactly one result: 0 found";
    assert.match(
      whyNot(error, about),
      /sees no zone example\.com\. .*\n {4}pulumi config set dnsZone lab\.example\.com$/,
    );
    const itself = { ...about, zone: "lab.example.com" };
    assert.match(
      whyNot(error, itself),
      /sees no zone lab\.example\.com\. .*\n {4}pulumi config set dnsZone example\.com$/,
    );
  });

  it("whatever else", () => {
    const said = whyNot(refused("500 Internal Server Error", 7500, "Internal error"), about);
    assert.equal(
      said,
      "Cloudflare did not answer a question about the zone example.com. Run pulumi again. It says: Internal error",
    );
    assert.match(whyNot("connection refused\nat x", about), /It says: connection refused$/);
  });
});

describe("A zone", () => {
  it("has to be active", () => {
    assert.equal(wrongStatus("example.com", "active", []), undefined);
    assert.match(
      String(wrongStatus("example.com", "pending", ["ada.ns", "bob.ns"])),
      /is pending: .* ada\.ns, bob\.ns$/,
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
    it(`in mode ${mode} with tls ${tls} is ${said ? "refused" : "taken"}`, () => {
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
  it("is found by a name that is in the state of every stack", () => {
    assert.equal(key, "cloudflare:index/dnsRecord:DnsRecord::dns-jupyter.example.com");
  });

  const says = (found: ReturnType<typeof record>[], made: Record<string, Record<string, unknown>> = {}) =>
    inTheWay(found, names, "zone", made)?.split("\n").slice(1);

  it("of somebody else's can be taken over, where it is an address", () => {
    assert.deepEqual(says([record("1", "A", "198.51.100.1")]), [
      "jupyter.example.com (A) leads to 198.51.100.1:",
      "    pulumi import --generate-code=false --protect=false cloudflare:index/dnsRecord:DnsRecord dns-jupyter.example.com zone/1",
    ]);
  });

  it("has to go where it is none that this stack could have", () => {
    const found = [
      record("1", "A", "198.51.100.1"),
      record("2", "A", "198.51.100.2"),
      record("3", "AAAA", "2001:db8::1"),
    ];
    assert.deepEqual(says(found)?.slice(2), [
      "jupyter.example.com (A) leads to 198.51.100.2: it has to be deleted.",
      "jupyter.example.com (AAAA) leads to 2001:db8::1: it has to be deleted.",
    ]);
    assert.deepEqual(says([record("1", "CNAME", "elsewhere.example.org")]), [
      "jupyter.example.com (CNAME) leads to elsewhere.example.org: it has to be deleted.",
    ]);
  });

  it("of another name, or of another kind, is in nobody's way", () => {
    assert.equal(
      says([record("1", "A", "198.51.100.1", "www.example.com"), record("2", "TXT", "v=spf1 -all")]),
      undefined,
    );
  });

  it("of this stack's own is in nobody's way, even where somebody changed it", () => {
    assert.equal(says([record("1", "A", "203.0.113.7")], ours), undefined);
    assert.equal(says([record("1", "A", "198.51.100.1")], ours), undefined);
  });

  it("beside this stack's own has to go", () => {
    const found = [record("1", "A", "198.51.100.1"), record("2", "A", "203.0.113.7")];
    assert.deepEqual(says(found, ours), ["jupyter.example.com (A) leads to 198.51.100.1: it has to be deleted."]);
  });
});
