import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { allowedPorts, covers, type IngressRule, mayPass } from "./rules.ts";

const allow = (change: Partial<IngressRule> = {}): IngressRule => ({
  name: "ssh",
  priority: 1000,
  action: "allow",
  sourceRanges: ["10.0.0.0/8"],
  protocols: [{ protocol: "tcp", ports: ["22", "8000-8002"] }],
  ...change,
});

describe("the rules of the forwarder", () => {
  it("allow only what a rule allows", () => {
    assert.equal(mayPass([allow()], "10.1.2.3", 22), true);
    assert.equal(mayPass([allow()], "10.1.2.3", 8001), true);
    assert.equal(mayPass([allow()], "10.1.2.3", 23), false);
    assert.equal(mayPass([allow()], "11.1.2.3", 22), false);
    assert.equal(mayPass([allow({ protocols: [{ protocol: "udp", ports: ["22"] }] })], "10.1.2.3", 22), false);
    assert.equal(mayPass([], "10.1.2.3", 22), false);
  });

  it("apply to every port if none is named", () => {
    assert.equal(mayPass([allow({ protocols: [{ protocol: "all" }] })], "10.1.2.3", 22), true);
    assert.equal(mayPass([allow({ protocols: [{ protocol: "tcp", ports: [] }] })], "10.1.2.3", 65535), true);
  });

  it("prefer the lower priority number, and deny if two are equal", () => {
    const deny = (priority: number) => allow({ action: "deny", priority, sourceRanges: ["10.6.6.6/32"] });
    assert.equal(mayPass([allow(), deny(900)], "10.6.6.6", 22), false);
    assert.equal(mayPass([allow(), deny(1000)], "10.6.6.6", 22), false);
    assert.equal(mayPass([allow(), deny(1100)], "10.6.6.6", 22), true);
    assert.equal(mayPass([allow(), deny(900)], "10.6.6.7", 22), true);
  });

  it("list the ports to listen at", () => {
    const web = allow({ protocols: [{ protocol: "TCP", ports: ["443", "22"] }, { protocol: "icmp" }] });
    assert.deepEqual(allowedPorts([allow(), web]), [22, 443, 8000, 8001, 8002]);
    assert.deepEqual(allowedPorts([allow({ action: "deny" }), allow({ protocols: [{ protocol: "all" }] })]), []);
  });

  it("support IPv4 and IPv6", () => {
    assert.equal(covers(["0.0.0.0/0"], "127.0.0.1"), true);
    assert.equal(covers(["2400:cb00::/32"], "2400:cb00::1"), true);
    assert.equal(covers(["2400:cb00::/32", "127.0.0.2"], "127.0.0.1"), false);
    assert.equal(covers(["127.0.0.2"], "127.0.0.2"), true);
  });
});
