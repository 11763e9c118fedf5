import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { type Block, below, inEffect, nginxConfigOf, placeOf } from "../../support/nginxConfig.ts";
import { bundleWith, siteWith } from "../../support/site.ts";
import { variants } from "../../support/variants.ts";

const changes = variants["apps with all there is to set"] ?? assert.fail();
const whole = nginxConfigOf(bundleWith(changes).release);
const part = (name: string) => whole.blocks.filter(({ words }) => words.join(" ") === name).flatMap(below);
const blocks = part("http");
const upstreams = blocks.filter(({ words: [name] }) => name === "upstream");
const isForSockets = ({ words: [, name = ""] }: Block) => name.endsWith("_held_open");
const values = (block: Block, name: string) => inEffect(block, name).map((words) => words.join(" "));

describe("nginx's upstreams", () => {
  const asking = blocks.filter(
    ({ directives }) =>
      directives.some(([name]) => name === "proxy_pass") && !directives.some(([, to]) => to?.startsWith("https:")),
  );

  it("are used for every passed request, so that all have the same rules for DNS and keep-alive", () => {
    const names = upstreams.filter((each) => !isForSockets(each)).map(({ words: [, name] }) => name);
    const services = siteWith(changes).services.filter(({ name, virtualHost }) => virtualHost && name !== "nginx");
    assert.deepEqual(names.sort(), services.map(({ name }) => name).sort());
    assert.ok(asking.length > names.length);
    for (const block of asking) {
      const [to = ""] = values(block, "proxy_pass");
      assert.ok(names.includes(/^http:\/\/([^/$:]+)/.exec(to)?.[1]), `${placeOf(block)}: ${to}`);
    }
  });

  it("are resolved while nginx runs, and keep connections for a shorter time than the services", () => {
    for (const block of upstreams.filter((each) => !isForSockets(each))) {
      const [, name = ""] = block.words;
      // With the prefix, an app's name cannot collide with another shared zone (tls, requests, ...).
      assert.deepEqual(values(block, "zone"), [`to_${name} 64k`]);
      assert.match(values(block, "server").join(), new RegExp(`^${name}:\\d+ resolve max_fails=0$`));
      assert.deepEqual(values(block, "keepalive"), ["32"]);
      const isOwn = ["vouch", "dex", "jupyter"].includes(name);
      assert.deepEqual(values(block, "keepalive_timeout"), [isOwn ? "10s" : "1s"], name);
    }
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
    assert.ok(fixed.length > 1);
    assert.deepEqual(open.map(placeOf), [], "nginx puts the query behind it");
  });

  it("have nothing cached", () => {
    assert.deepEqual(blocks.filter((block) => values(block, "proxy_cache").length > 0).map(placeOf), []);
  });

  it("are asked who has signed in with nothing but Vouch's own cookie", () => {
    const [who = assert.fail(), ...others] = asking.filter((block) =>
      values(block, "proxy_pass").join().includes("/validate"),
    );
    assert.deepEqual(others, []);
    assert.deepEqual(
      inEffect(who, "proxy_set_header").filter(([, value]) => value),
      [
        ["Cookie", "$answer"],
        ["Host", "$host"],
      ],
    );
    for (const name of ["proxy_pass_request_headers", "proxy_pass_request_body"])
      assert.deepEqual(values(who, name), ["off"], name);
    assert.ok(who.directives.some(([name]) => name === "internal"));
  });

  it("never get a non-idempotent request twice", () => {
    assert.deepEqual(
      blocks.filter((block) => values(block, "proxy_next_upstream").length > 0).map(placeOf),
      [],
      "nginx's own rule does not repeat a POST",
    );
  });
});

describe("The upstreams of WebSockets and event streams", () => {
  const services = siteWith(changes).services.flatMap(({ virtualHost }) => (virtualHost?.backend ? [virtualHost] : []));
  const ofStream = part("stream");
  const named = (name: string) => (block: Block) => block.words.join(" ") === name;

  it("are those of all services behind the door, and lead through the script that ends them", () => {
    const doors = siteWith(changes).services.filter(
      ({ name, virtualHost }) => virtualHost?.protected && name !== "nginx",
    );
    assert.deepEqual(services.map(({ label }) => label).sort(), doors.map(({ name }) => name).sort());
    assert.equal(ofStream.filter(({ words }) => words[0] === "server").length, services.length);
    for (const { label, backend } of services) {
      const [inHttp = assert.fail(label)] = upstreams.filter(named(`upstream ${label}_held_open`));
      const [socket = ""] = values(inHttp, "server");
      // One connection for each WebSocket, because the script reads the session at its beginning.
      assert.deepEqual(inHttp.directives.length, 1);
      const servers = ofStream.filter(
        (block) => block.words[0] === "server" && values(block, "listen").join() === socket,
      );
      const [server = assert.fail(label)] = servers;
      assert.deepEqual(
        [servers.length, values(server, "js_filter"), values(server, "proxy_pass")],
        [1, ["sockets.watch"], [label]],
      );
      const [to = assert.fail(label)] = ofStream.filter(named(`upstream ${label}`));
      assert.deepEqual(values(to, "server"), [`${backend} resolve max_fails=0`]);
      assert.deepEqual(values(to, "zone"), [`sockets_to_${label} 64k`]);
    }
  });
});
