import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { type Block, below, inEffect, nginxConfigOf, placeOf } from "../../support/nginxConfig.ts";
import { bundleWith, siteWith } from "../../support/site.ts";
import { composeOf } from "../../support/unpack.ts";
import { variants } from "../../support/variants.ts";

const changes = variants["apps with all there is to set"] ?? assert.fail();
const whole = nginxConfigOf(bundleWith(changes).release);
const blocks = below(whole);
const upstreams = blocks.filter(({ words: [name] }) => name === "upstream");
const values = (block: Block, name: string) => inEffect(block, name).map((words) => words.join(" "));

describe("nginx's upstreams", () => {
  const asking = blocks.filter(
    ({ directives }) =>
      directives.some(([name]) => name === "proxy_pass") && !directives.some(([, to]) => to?.startsWith("https:")),
  );

  it("are used for every passed request, so that all have the same rules for DNS and keep-alive", () => {
    const names = upstreams.map(({ words: [, name] }) => name);
    const services = siteWith(changes).services.filter(({ name, virtualHost }) => virtualHost && name !== "nginx");
    assert.deepEqual(names.sort(), services.map(({ name }) => name).sort());
    assert.ok(asking.length > names.length);
    for (const block of asking) {
      const [to = ""] = values(block, "proxy_pass");
      assert.ok(names.includes(/^http:\/\/([^/$:]+)/.exec(to)?.[1]), `${placeOf(block)}: ${to}`);
    }
  });

  it("are resolved while nginx runs, and keep connections for a shorter time than the services", () => {
    for (const block of upstreams) {
      const [, name = ""] = block.words;
      // With the prefix, an app's name cannot collide with another shared zone (tls, requests, ...).
      assert.deepEqual(values(block, "zone"), [`to_${name} 64k`]);
      assert.match(values(block, "server").join(), new RegExp(`^${name}:\\d+ resolve max_fails=0$`));
      assert.deepEqual(values(block, "keepalive"), ["32"]);
      const isOwn = ["vouch", "dex", "jupyter"].includes(name);
      assert.deepEqual(values(block, "keepalive_timeout"), [isOwn ? "10s" : "1s"], name);
    }
  });

  it("can reuse ports in TIME_WAIT, so that many requests do not exhaust them", () => {
    const { nginx } = composeOf(bundleWith(changes).release).services;
    assert.deepEqual(nginx?.sysctls, { "net.ipv4.tcp_tw_reuse": "1" });
  });

  it("get HTTP/1.1 requests, without a Connection header unless it is a WebSocket's", () => {
    for (const block of asking) {
      assert.deepEqual(values(block, "proxy_http_version"), ["1.1"], placeOf(block));
      const headers = Object.fromEntries(inEffect(block, "proxy_set_header"));
      assert.ok(["", "$app_connection"].includes(headers.Connection ?? "close"), placeOf(block));
    }
  });

  it("do not get the request's query if the configuration sets the whole URL", () => {
    const fixed = asking.filter((block) => /^http:\/\/[^/$]+\/[^$]*$/.test(values(block, "proxy_pass").join()));
    const open = fixed.filter(({ directives }) => !directives.some(([name]) => name === "internal"));
    assert.deepEqual(
      open.map(({ words }) => words.join(" ")),
      ["location = /logout"],
    );
    for (const { directives } of open)
      assert.ok(
        directives.some((words) => words.join(" ") === "set $args "),
        "nginx puts the query behind it",
      );
  });

  it("have only Vouch's answer about a session cached, with its whole request as the key", () => {
    const keeping = blocks.filter((block) => values(block, "proxy_cache").length > 0);
    assert.deepEqual([...new Set(keeping.map(({ words }) => words.join(" ")))], ["location = /sso-validate"]);
    for (const block of keeping) {
      const [key = ""] = values(block, "proxy_cache_key");
      const asked = inEffect(block, "proxy_set_header").map(([, value]) => value);
      assert.deepEqual(asked.filter(Boolean).sort(), ["$host", "$only_vouch_cookie"]);
      assert.match(key, /^[0-9a-f]{12} \$host \$only_vouch_cookie$/);
      assert.deepEqual(values(block, "proxy_cache_valid"), ["200 5s"]);
      assert.deepEqual(values(block, "proxy_cache_use_stale"), []);
    }
  });

  it("have another cache key for Vouch's answers after a change of sessionRotation", () => {
    const keys = ["", "1", "2"].map((sessionRotation) => {
      const release = bundleWith({ settings: { sessionRotation } }).release;
      return below(nginxConfigOf(release)).flatMap((block) => values(block, "proxy_cache_key"))[0];
    });
    assert.equal(new Set(keys).size, 3);
  });

  it("never get a non-idempotent request twice", () => {
    assert.deepEqual(
      blocks.filter((block) => values(block, "proxy_next_upstream").length > 0).map(placeOf),
      [],
      "nginx's own rule does not repeat a POST",
    );
  });
});
