import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { concernsAboutRanges } from "../../../scripts/status/cloudflareRanges.ts";

const current = ["192.0.2.0/24", "198.51.100.0/24", "2001:db8::/32"];

describe("The status about Cloudflare's address ranges", () => {
  let server: Server;
  let address: string;
  let asked = 0;
  /** Cloudflare's answer, as its API gives it. */
  let body = "";
  beforeAll(async () => {
    const [ipv4_cidrs, ipv6_cidrs] = [current.slice(0, 2), current.slice(2)];
    body = JSON.stringify({ result: { ipv4_cidrs, ipv6_cidrs, etag: "x" }, success: true, errors: [], messages: [] });
    server = createServer((_, response) => {
      asked += 1;
      response.end(body);
    });
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  });
  afterAll(() => void server.close());

  it("asks nobody for a site without Cloudflare", async () => {
    assert.deepEqual(await concernsAboutRanges([], address), []);
    assert.equal(asked, 0);
  });

  it("says nothing if the release admits the same ranges, in any order", async () => {
    assert.deepEqual(await concernsAboutRanges(current.toReversed(), address), []);
    assert.equal(asked, 1);
  });

  it("names new ranges and those that Cloudflare has given up, with the command that updates them", async () => {
    assert.deepEqual(await concernsAboutRanges(["192.0.2.0/24", "203.0.113.0/24", "2001:db8::/32"], address), [
      {
        about: "cloudflare",
        what: "Cloudflare has new address ranges, whose requests are refused: 198.51.100.0/24.",
        fix: "pulumi up",
      },
      {
        about: "cloudflare",
        what: "Cloudflare has given up address ranges that are still admitted: 203.0.113.0/24.",
        fix: "pulumi up",
      },
    ]);
  });

  it("says nothing if the list cannot be reached or read", async () => {
    body = "<html>";
    assert.deepEqual(await concernsAboutRanges(["203.0.113.0/24"], address), []);
    assert.deepEqual(await concernsAboutRanges(["203.0.113.0/24"], "http://127.0.0.1:1/"), []);
  });
});
