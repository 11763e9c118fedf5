import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { type Block, below, inEffect, nginxConfigOf, placeOf } from "../../support/nginxConfig.ts";
import { bundleWith, type Changes } from "../../support/site.ts";
import { variants } from "../../support/variants.ts";

const edge = { ipv4: ["173.245.48.0/20"], ipv6: ["2400:cb00::/32"] };
const sites: Record<string, Changes> = Object.fromEntries(
  ["the settings as they come", "apps with all there is to set", "a site that is open to the world"].flatMap((name) => {
    const changes = variants[name] ?? assert.fail(name);
    return [
      [name, changes],
      [`${name}, behind Cloudflare`, { ...changes, edge }],
    ];
  }),
);

/** The blocks that answer requests from outside: servers of HTTP, except on loopback addresses, and their locations. */
function answering(release: string): Block[] {
  const whole = nginxConfigOf(release);
  const isPublic = ({ directives }: Block) =>
    !directives.some(([name, at]) => name === "listen" && at?.startsWith("127."));
  const http = whole.blocks.filter(({ words: [name] }) => name === "http");
  const servers = http.flatMap(below).filter(({ words: [name] }) => name === "server");
  const blocks = servers.filter(isPublic).flatMap(below);
  assert.ok(blocks.length > 40);
  return blocks;
}

/** The headers of this name that a block adds to each response. */
const added = (block: Block, name: string) =>
  inEffect(block, "add_header").filter(([each]) => each?.toLowerCase() === name.toLowerCase());

for (const [name, changes] of Object.entries(sites))
  describe(`The headers of ${name}`, () => {
    const blocks = answering(bundleWith(changes).release);

    it("are added exactly once, also in blocks with headers of their own", () => {
      const names = ["X-Content-Type-Options", "Referrer-Policy"];
      const behindTls = blocks.filter((block) => inEffect(block, "listen").some(([at]) => at === "8443"));
      const sending = behindTls.filter((block) => inEffect(block, "ssl_reject_handshake").length === 0);
      assert.ok(sending.length > 40);
      for (const block of sending)
        for (const each of names) assert.equal(added(block, each).length, 1, `${placeOf(block)}: ${each}`);
    });

    it(changes.edge ? "forbid Cloudflare to cache any response" : "contain none for Cloudflare", () => {
      for (const block of blocks) {
        const said = added(block, "Cloudflare-CDN-Cache-Control");
        const expected = changes.edge ? [["Cloudflare-CDN-Cache-Control", "no-store", "always"]] : [];
        assert.deepEqual(said, expected, placeOf(block));
      }
    });

    it("exclude an app's own headers for shared caches", () => {
      const apps = blocks.filter(({ directives }) => directives.some(([each]) => each === "proxy_pass"));
      const ofApps = apps.filter(({ words }) => words[1] === "@allow");
      assert.ok(ofApps.length > 0);
      for (const block of ofApps) {
        const hidden = inEffect(block, "proxy_hide_header").map(([each]) => each);
        for (const each of ["Cloudflare-CDN-Cache-Control", "CDN-Cache-Control", "Surrogate-Control"])
          assert.ok(hidden.includes(each), `${placeOf(block)}: ${each}`);
      }
    });
  });

describe("Pages behind Cloudflare", () => {
  it("forbid changes by no-transform, which the front page sends in the same line as no-store", () => {
    const blocks = answering(bundleWith({ edge }).release);
    for (const block of blocks.filter((each) => inEffect(each, "listen").some(([at]) => at === "8443"))) {
      if (inEffect(block, "ssl_reject_handshake").length > 0) continue;
      const said = added(block, "Cache-Control").map(([, value]) => value);
      assert.ok(said.includes("$no_transform"), placeOf(block));
    }
    const front = blocks.find(
      ({ words, directives }) => words[1] === "@allow" && directives.some(([d]) => d === "ssi"),
    );
    assert.deepEqual(added(front ?? assert.fail("no front page"), "Cache-Control"), [
      ["Cache-Control", "no-store, no-transform", "always"],
      ["Cache-Control", "$no_transform", "always"],
    ]);
  });
});
