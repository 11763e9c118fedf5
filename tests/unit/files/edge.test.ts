import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { bundleWith } from "../../support/site.ts";
import { contentOf, unpack } from "../../support/unpack.ts";

const edge = { ipv4: ["173.245.48.0/20"], ipv6: ["2400:cb00::/32"] };
const client = {
  clientAuthority: "the authority\n",
  clientCertificate: "the certificate\n",
  clientKey: "the secret-key of the client\n",
};
const behind = bundleWith({ edge, secrets: client });
const straight = bundleWith();

describe("nginx behind Cloudflare", () => {
  const conf = contentOf(behind.release, "edge/cloudflare.conf");

  it("demands Cloudflare's client certificate from every client", () => {
    const [, folder = ""] = /ssl_client_certificate \/run\/secrets\/nginx\/(\w+)\/client-ca\.crt;/.exec(conf) ?? [];
    assert.match(conf, /^ssl_verify_client on;$/m);
    assert.equal(unpack(behind.secrets).files[`nginx/${folder}/client-ca.crt`]?.content, client.clientAuthority);
  });

  it("presents a client certificate in requests to itself, too", () => {
    for (const file of ["client.crt", "client.key"]) {
      assert.match(conf, new RegExp(`^proxy_ssl_certificate(_key)? /run/secrets/nginx/\\w+/${file};$`, "m"));
      assert.equal(contentOf(behind.secrets, file).startsWith("the "), true);
    }
  });

  it("trusts the header with the client's address only from Cloudflare's ranges", () => {
    assert.match(conf, /^real_ip_header CF-Connecting-IP;$/m);
    const ranges = [...conf.matchAll(/^set_real_ip_from (.+);$/gm)].map(([, range]) => range);
    assert.deepEqual(ranges, [...edge.ipv4, ...edge.ipv6]);
  });

  it("has the key among the secret files only", () => {
    assert.equal(behind.release.includes(client.clientKey.trim()), false);
  });
});

describe("nginx without Cloudflare in front of it", () => {
  it("demands no client certificate, and trusts no header with the client's address", () => {
    assert.doesNotMatch(straight.release, /ssl_verify_client|set_real_ip_from|real_ip_header/);
    assert.deepEqual(
      Object.keys(unpack(straight.secrets).files).filter((path) => path.includes("client")),
      [],
    );
  });
});
