import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { describe, it } from "@jest/globals";
import { obfuscated, rewriterFor } from "./rewriting.ts";
import { ask, certificate, originCa, proxied, startOrigin, testEdge, zone } from "./testing.ts";

const host = "jupyter.example.test";
const hidden =
  /<a href="\/cdn-cgi\/l\/email-protection" class="__cf_email__" data-cfemail="[0-9a-f]+">\[email&#160;protected\]<\/a>/;
const page = "<html><body><p>Signed in as ann@example.com</p></body></html>";

describe("Email Address Obfuscation", () => {
  it("replaces addresses in text and links, and adds its script", () => {
    const changed = obfuscated(page);
    assert.match(changed, new RegExp(`Signed in as ${hidden.source}</p>`));
    assert.match(
      changed,
      /<script data-cfasync="false" src="\/cdn-cgi\/scripts\/.*email-decode\.min\.js"><\/script><\/body>/,
    );
    assert.match(
      obfuscated('<a class="x" href="mailto:ann@example.com">write</a>'),
      /href="\/cdn-cgi\/l\/email-protection#[0-9a-f]+"/,
    );
  });

  it("does not change attributes, scripts, forms, the head and marked parts", () => {
    for (const kept of [
      '<input value="ann@example.com">',
      '<script>var a = "ann@example.com";</script>',
      "<noscript>ann@example.com</noscript>",
      "<textarea>ann@example.com</textarea>",
      "<head><title>ann@example.com</title></head>",
      "<!--email_off-->ann@example.com<!--/email_off-->",
      "<p>nobody @ home</p>",
    ])
      assert.equal(obfuscated(kept), kept);
  });
});

describe("The edge changes", () => {
  const html = { "content-type": "text/html; charset=utf-8" };
  const rewrites = (changes: Parameters<typeof zone>[0], headers: Record<string, string>) =>
    rewriterFor(zone(changes), headers) !== undefined;

  it("only pages, and not those with no-transform", () => {
    assert.equal(rewrites({}, html), true);
    assert.equal(rewrites({}, { "content-type": "application/json" }), false);
    assert.equal(rewrites({}, { ...html, "cache-control": "no-store, no-transform" }), false);
    assert.equal(rewrites({ emailObfuscation: false }, html), false);
  });

  it("every script's type with Rocket Loader, except scripts that opt out", () => {
    const rewrite = rewriterFor(zone({ rocketLoader: true }), { ...html, "cache-control": "no-transform" });
    const changed = String(
      rewrite?.(
        '<script src="/a.js"></script><script type="module">b()</script><script data-cfasync="false">c()</script><script type="application/json">{}</script>',
      ),
    );
    assert.match(changed, /<script src="\/a\.js" type="[0-9a-f]{24}-text\/javascript">/);
    assert.match(changed, /<script type="[0-9a-f]{24}-module">b\(\)/);
    assert.match(changed, /<script data-cfasync="false">c\(\)<\/script><script type="application\/json">/);
    assert.match(changed, /rocket-loader\.min\.js/);
  });

  it("a compressed page, too, and serves its own files", async () => {
    const origin = await startOrigin(certificate([host], { issuer: originCa }), (message, response) => {
      response.writeHead(200, { ...html, "content-encoding": "gzip", etag: '"x"' });
      response.end(message.method === "HEAD" ? undefined : gzipSync(page));
    });
    const edge = await testEdge(origin.port, { records: [proxied(host, origin.address)] });
    const { headers, body } = await ask(edge, host);
    assert.match(body, hidden);
    assert.deepEqual([headers["content-encoding"], headers.etag], [undefined, undefined]);
    assert.equal((await ask(edge, host, { method: "HEAD" })).status, 200);
    assert.equal((await ask(edge, host, { path: "/cdn-cgi/l/email-protection" })).status, 404);
    await edge.change({ zones: [zone({ emailObfuscation: false })] });
    assert.equal((await ask(edge, host)).headers["content-encoding"], "gzip");
    await edge.stop();
    await origin.close();
  });
});
