import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { bundleOf } from "../../../files/release/bundle.ts";
import { certificateId } from "../../../files/services/lego/lego.ts";
import { type Changes, layout, secrets, serviceOf, siteWith } from "../../support/site.ts";
import { composeOf, contentOf, manifestOf, serviceManifestOf, unpack } from "../../support/unpack.ts";

/** A site with proxied: false and a certificate of Let's Encrypt. */
const straight = (settings: Record<string, unknown> = {}): Changes => ({
  settings: { target: "gcp", proxied: "false", acmeEmail: "ann@example.com", ...settings },
});
const cloudflareToken = "secret-cloudflare-token";
const bundleOfIts = (changes: Changes) => {
  const { certificate: _, certificateKey: __, ...others } = secrets;
  return bundleOf(siteWith(changes), { ...others, cloudflareToken });
};
const order = { name: "site", layout, email: "ann@example.com", hostNames: ["a.example.com", "b.example.com"] };

describe("A site with a certificate of Let's Encrypt", () => {
  const { release, secrets: sent } = bundleOfIts(straight());
  const id = certificateId({
    ...order,
    hostNames: ["lab.example.com", "vouch.lab.example.com", "dex.lab.example.com", "jupyter.lab.example.com"],
  });

  it("has a service lego that starts only on demand, on its own network", () => {
    const { services } = composeOf(release);
    const { lego } = services;
    assert.deepEqual(lego?.profiles, ["certificates"]);
    assert.deepEqual(lego?.networks, ["lego"]);
    for (const [name, { networks }] of Object.entries(services))
      if (name !== "lego") assert.equal(networks?.includes("lego") ?? false, false, name);
    assert.deepEqual(
      [lego?.read_only, lego?.cap_drop, lego?.security_opt],
      [true, ["ALL"], ["no-new-privileges:true"]],
    );
  });

  it("requests every host name of the site", () => {
    const { lego } = composeOf(release).services;
    const words = lego?.command as string[];
    const asked = words.filter((_, index) => words[index - 1] === "--domains");
    assert.deepEqual(asked, [
      "lab.example.com",
      "vouch.lab.example.com",
      "dex.lab.example.com",
      "jupyter.lab.example.com",
    ]);
    assert.equal(words.includes("--server"), false);
  });

  it("uses the ACME server of the settings", () => {
    const server = "https://acme.example.com/directory";
    const { lego } = composeOf(bundleOfIts(straight({ acmeServer: server })).release).services;
    const words = lego?.command as string[];
    assert.equal(words[words.indexOf("--server") + 1], server);
  });

  it("sends Cloudflare's token only as a secret file of lego", () => {
    const files = Object.entries(unpack(sent).files).filter(([, { content }]) => content.includes(cloudflareToken));
    assert.equal(files.length, 1);
    const [[path, { mode, content }] = ["", { mode: "", content: "" }]] = files;
    assert.match(path, /^lego\/[0-9a-f]{12}\/cloudflare-token$/);
    assert.deepEqual([mode, content], ["0600", `${cloudflareToken}\n`]);
    assert.equal(release.includes(cloudflareToken), false);
  });

  it("names in the manifest the service that obtains the certificate, its reader and its folder", () => {
    const certificates = manifestOf(release).services?.flatMap(({ name, certificate }) =>
      certificate ? [{ name, ...certificate }] : [],
    );
    assert.deepEqual(certificates, [{ name: "lego", id, folder: "/srv/data/certificates", reader: "nginx" }]);
    assert.equal(serviceManifestOf(release, "nginx").user, "101:101");
  });

  it("points nginx at the file that the host writes, and sends no certificate", () => {
    const text = contentOf(release, "nginx.conf");
    for (const directive of ["ssl_certificate", "ssl_certificate_key"])
      assert.ok(text.includes(`${directive} /run/secrets/nginx/${id}/tls.pem;`));
    assert.equal(sent.includes("tls.crt"), false);
  });

  it("contains a systemd timer that runs site-apply", () => {
    assert.match(contentOf(release, "jupyter-up-test-certificate.timer"), /^OnCalendar=daily$/m);
    const service = contentOf(release, "jupyter-up-test-certificate.service");
    assert.match(service, /^ExecStart=\/bin\/sh "\/srv\/site\/bin\/site-apply" renew$/m);
  });
});

describe("A site with any other certificate", () => {
  it("has no lego and no timer", () => {
    const { release } = bundleOf(siteWith(), secrets);
    assert.equal(composeOf(release).services.lego, undefined);
    assert.doesNotMatch(release, /^(certificate|units) /m);
    assert.throws(() => serviceOf(siteWith(), "lego"));
  });
});

describe("The ID of a certificate on the host", () => {
  it("is the same for the same names in another order", () => {
    assert.equal(certificateId({ ...order, hostNames: order.hostNames.toReversed() }), certificateId(order));
  });
  it("differs for other names and for another server", () => {
    assert.notEqual(certificateId({ ...order, hostNames: ["a.example.com"] }), certificateId(order));
    assert.notEqual(certificateId({ ...order, server: "https://acme.example.com/directory" }), certificateId(order));
  });
});
