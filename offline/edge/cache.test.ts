import assert from "node:assert/strict";
import type { IncomingHttpHeaders } from "node:http";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { Cache, isEligible, keyOf, treatmentOf } from "./cache.ts";
import type { CacheRule } from "./state.ts";
import {
  type Asking,
  ask,
  certificate,
  type Origin,
  originCa,
  proxied,
  startOrigin,
  testEdge,
  zone,
} from "./testing.ts";

const host = "jupyter.example.test";
const visit = { ray: "", host, scheme: "https", address: "127.0.0.4" } as const;
const request = (url: string, headers: IncomingHttpHeaders = {}, method = "GET") => ({ method, url, headers, visit });

describe("The edge may cache an answer by its path's extension:", () => {
  const cases: [url: string, eligible: boolean][] = [
    ["/style.css", true],
    ["/api/contents/data.CSV", true],
    ["/lab/tree/x.css", true],
    ["/report%2Epdf?v=1", true],
    ["/robots.txt", true],
    ["/notes.txt", false],
    ["/page.html", false],
    ["/api/contents/a.json", false],
    ["/lab?file=x.css", false],
    ["/x.css/", false],
    ["/", false],
  ];
  for (const [url, eligible] of cases)
    it(`${url} ${eligible}`, () => {
      assert.equal(isEligible(request(url), {}), eligible);
      assert.equal(isEligible(request(url, {}, "HEAD"), {}), eligible);
      assert.equal(isEligible(request(url, {}, "POST"), {}), false);
    });

  it("with any extension, if a rule says so", () => {
    assert.equal(isEligible(request("/page.html"), { cache: true }), true);
    assert.equal(isEligible(request("/style.css"), { cache: false }), false);
  });
});

describe("The cache key contains", () => {
  it("scheme, name, path, query and the Origin header, but no cookies", () => {
    const key = keyOf(request("/a.css?v=1", { cookie: "a=1" }));
    assert.equal(key, keyOf(request("/a.css?v=1")));
    for (const other of [request("/a.css"), request("/a.css?v=1", { origin: "https://other.test" })])
      assert.notEqual(key, keyOf(other));
  });
});

describe("The lifetime of a cached answer", () => {
  const now = Date.parse("2026-11-01T00:00:00Z");
  const hours = 3600;
  const kept = (
    headers: IncomingHttpHeaders,
    { status = 200, rule = {} as CacheRule, asked = {} as IncomingHttpHeaders } = {},
  ) => treatmentOf(request("/a.css", asked), rule, status, headers, now);
  const miss = (lifetime: number) => ({ status: "MISS", lifetime });
  const bypass = { status: "BYPASS", lifetime: 0 };

  it("depends on its status by default", () => {
    for (const [status, lifetime] of [
      [200, 2 * hours],
      [206, 2 * hours],
      [301, 2 * hours],
      [302, 1200],
      [303, 1200],
      [404, 180],
      [410, 180],
      [304, 0],
      [401, 0],
      [403, 0],
      [500, 0],
    ] as const)
      assert.deepEqual(kept({}, { status }), miss(lifetime), String(status));
  });

  it("is set by Cache-Control, first by its directives for shared caches", () => {
    assert.deepEqual(kept({ "cache-control": "public, max-age=60" }), miss(60));
    assert.deepEqual(kept({ "cache-control": "max-age=60, s-maxage=5" }), miss(5));
    assert.deepEqual(kept({ "cache-control": "public" }), miss(2 * hours));
    assert.deepEqual(kept({ "cache-control": 'private="x-name"' }), miss(2 * hours));
    for (const control of ["no-store", "private, max-age=60", "No-Cache", "max-age=0", "s-maxage=0, max-age=9"])
      assert.deepEqual(kept({ "cache-control": control }), bypass, control);
  });

  it("is set by Expires, if nothing else sets it", () => {
    const expires = new Date(now + 90_000).toUTCString();
    assert.deepEqual(kept({ expires }), miss(90));
    assert.deepEqual(kept({ expires, "cache-control": "max-age=5" }), miss(5));
    assert.deepEqual(kept({ expires: "0" }), bypass);
    assert.deepEqual(kept({ expires, "cdn-cache-control": "public" }), miss(2 * hours));
  });

  it("is set by the most specific header for CDNs, before Cache-Control", () => {
    const all = { "cache-control": "max-age=3", "cdn-cache-control": "max-age=2" };
    assert.deepEqual(kept(all), miss(2));
    assert.deepEqual(kept({ ...all, "cloudflare-cdn-cache-control": "max-age=1" }), miss(1));
    assert.deepEqual(kept({ ...all, "cloudflare-cdn-cache-control": "no-store" }), bypass);
    assert.deepEqual(kept({ "cache-control": "no-store", "surrogate-control": "" }), miss(2 * hours));
  });

  it("is zero with a cookie", () => {
    assert.deepEqual(kept({ "set-cookie": ["a=1"] }), bypass);
    assert.deepEqual(kept({ "set-cookie": ["a=1"] }, { rule: { cache: true } }), miss(0));
  });

  it("is zero for a request with Authorization, unless the answer is marked public", () => {
    const asked = { authorization: "token x" };
    assert.deepEqual(kept({}, { asked }), bypass);
    assert.deepEqual(kept({ "cache-control": "max-age=60" }, { asked }), bypass);
    assert.deepEqual(kept({ "cache-control": "public, max-age=60" }, { asked }), miss(60));
  });

  it("is set by a rule, in spite of the answer's headers", () => {
    const rule = { cache: true, edgeTtl: 77 };
    const headers = { "cloudflare-cdn-cache-control": "no-store", "cache-control": "no-store", "set-cookie": ["a=1"] };
    assert.deepEqual(kept(headers, { rule }), miss(77));
    assert.deepEqual(kept(headers, { rule: { cache: true } }), miss(0));
    assert.deepEqual(kept({ "cloudflare-cdn-cache-control": "no-store" }, { rule: { cache: true } }), bypass);
  });
});

describe("An entry of the cache", () => {
  const answer = (text: string) => ({ status: 200, headers: { "set-cookie": ["a=1"] }, body: Buffer.from(text) });

  it("gets older, and expires", () => {
    const cache = new Cache();
    cache.keep("a", answer("one"), 10, 0);
    const found = cache.find("a", 9_999);
    assert.ok(found && found !== "expired");
    assert.equal(found.age, 9);
    assert.deepEqual(found.kept.headers, {});
    assert.equal(cache.find("a", 10_000), "expired");
    assert.equal(cache.find("b"), undefined);
  });

  it("is evicted for new ones when the cache is full", () => {
    const cache = new Cache();
    const body = Buffer.alloc(15 * 1024 * 1024);
    for (const key of ["a", "b", "c", "d", "e"]) cache.keep(key, { ...answer(""), body }, 60);
    assert.equal(cache.find("a"), undefined);
    assert.ok(cache.find("e"));
    cache.keep("f", { ...answer(""), body: Buffer.alloc(17 * 1024 * 1024) }, 60);
    assert.equal(cache.find("f"), undefined);
  });
});

describe("The edge's cache", () => {
  let origin: Origin;
  let asked: string[] = [];
  /** The origin's answer for each path. */
  const says: Record<string, Record<string, string>> = {
    "/no-store.css": { "cloudflare-cdn-cache-control": "no-store", "cdn-cache-control": "max-age=60" },
    "/short.css": { "cache-control": "max-age=1" },
    "/cookie.css": { "set-cookie": "a=1" },
  };

  beforeAll(async () => {
    origin = await startOrigin(certificate([host], { issuer: originCa }), (message, response) => {
      asked.push(`${message.method} ${message.url}`);
      const path = (message.url ?? "").split("?")[0] ?? "";
      if (path === "/half.css") {
        response.writeHead(200, { "content-length": "1000" }).write("half", () => response.destroy());
        return;
      }
      response.writeHead(path === "/missing.css" ? 404 : 200, says[path]).end(`for ${message.headers.cookie}`);
    });
  });
  afterAll(() => origin.close());

  /** Sends requests to a new edge one after another: cache status and body. */
  async function answersTo(askings: Asking[], cacheRules: CacheRule[] = []) {
    asked = [];
    const edge = await testEdge(origin.port, {
      records: [proxied(host, origin.address)],
      zones: [zone({ cacheRules })],
    });
    try {
      const answers = [];
      for (const asking of askings) answers.push(await ask(edge, host, asking));
      return answers;
    } finally {
      await edge.stop();
    }
  }
  const statuses = async (askings: Asking[], rules: CacheRule[] = []) =>
    (await answersTo(askings, rules)).map(({ headers }) => headers["cf-cache-status"]);

  it("answers a stranger with a user's cached answer", async () => {
    const [first, second] = await answersTo([
      { path: "/a.css", headers: { cookie: "session=ann" } },
      { path: "/a.css" },
    ]);
    assert.deepEqual([first?.headers["cf-cache-status"], first?.headers.age], ["MISS", undefined]);
    assert.deepEqual(
      [second?.status, second?.headers["cf-cache-status"], second?.headers.age, second?.body],
      [200, "HIT", "0", "for session=ann"],
    );
    assert.deepEqual(asked, ["GET /a.css"]);
  });

  it("caches nothing that the origin forbids, and removes that header for the visitor", async () => {
    const answers = await answersTo([{ path: "/no-store.css" }, { path: "/no-store.css" }]);
    for (const { headers } of answers) {
      assert.equal(headers["cf-cache-status"], "BYPASS");
      assert.equal(headers["cloudflare-cdn-cache-control"], undefined);
      assert.equal(headers["cdn-cache-control"], "max-age=60");
    }
    assert.equal(asked.length, 2);
  });

  it("caches no answers with a cookie, with other extensions, or incomplete ones", async () => {
    assert.deepEqual(await statuses([{ path: "/cookie.css" }, { path: "/cookie.css" }]), ["BYPASS", "BYPASS"]);
    assert.deepEqual(await statuses([{ path: "/lab" }, { path: "/lab" }]), ["DYNAMIC", "DYNAMIC"]);
    const [half, again] = await answersTo([{ path: "/half.css" }, { path: "/half.css" }]);
    assert.deepEqual([half?.status, again?.status], [520, 520]);
  });

  it("distinguishes queries, fetches again after expiry, and caches 404 for a while", async () => {
    assert.deepEqual(await statuses([{ path: "/a.css?v=1" }, { path: "/a.css?v=2" }]), ["MISS", "MISS"]);
    assert.deepEqual(await statuses([{ path: "/missing.css" }, { path: "/missing.css" }]), ["MISS", "HIT"]);
    const edge = await testEdge(origin.port, { records: [proxied(host, origin.address)] });
    const short = async () => (await ask(edge, host, { path: "/short.css" })).headers["cf-cache-status"];
    assert.deepEqual([await short(), await short()], ["MISS", "HIT"]);
    await new Promise((resolve) => setTimeout(resolve, 1100));
    assert.equal(await short(), "EXPIRED");
    await edge.stop();
  });

  it("sends GET for a visitor's HEAD", async () => {
    const [head, get] = await answersTo([{ path: "/a.css", method: "HEAD" }, { path: "/a.css" }]);
    assert.deepEqual([head?.status, head?.body, get?.headers["cf-cache-status"]], [200, "", "HIT"]);
    assert.deepEqual(asked, ["GET /a.css"]);
  });

  it("caches everything if a rule says so, in spite of the origin's headers", async () => {
    const rules = [{ hosts: [host], cache: true, edgeTtl: 60 }];
    assert.deepEqual(await statuses([{ path: "/no-store.css" }, { path: "/no-store.css" }], rules), ["MISS", "HIT"]);
    assert.deepEqual(await statuses([{ path: "/lab" }, { path: "/lab" }], rules), ["MISS", "HIT"]);
    const others = [{ hosts: ["www.example.test"], cache: true, edgeTtl: 60 }];
    assert.deepEqual(await statuses([{ path: "/lab" }, { path: "/lab" }], others), ["DYNAMIC", "DYNAMIC"]);
  });
});
