import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { bundleOf } from "../../../files/release/bundle.ts";
import { certificateId } from "../../../files/services/lego/lego.ts";
import { type Changes, layout, secrets, serviceOf, siteWith } from "../../support/site.ts";
import { composeOf, contentOf, manifestOf, serviceManifestOf, unpack } from "../../support/unpack.ts";

/** A site that browsers reach straight. */
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

  it("has a service that is run when there is something to do, and has nothing to do with the others", () => {
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

  it("asks for every name of the site", () => {
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

  it("asks the ACME server of the settings", () => {
    const server = "https://acme.example.com/directory";
    const { lego } = composeOf(bundleOfIts(straight({ acmeServer: server })).release).services;
    const words = lego?.command as string[];
    assert.equal(words[words.indexOf("--server") + 1], server);
  });

  it("sends the token among the secrets only, as a file of the client's own", () => {
    const files = Object.entries(unpack(sent).files).filter(([, { content }]) => content.includes(cloudflareToken));
    assert.equal(files.length, 1);
    const [[path, { mode, content }] = ["", { mode: "", content: "" }]] = files;
    assert.match(path, /^lego\/[0-9a-f]{12}\/cloudflare-token$/);
    assert.deepEqual([mode, content], ["0600", `${cloudflareToken}\n`]);
    assert.equal(release.includes(cloudflareToken), false);
  });

  it("tells the host who gets it, who reads it and where it is kept", () => {
    const certificates = manifestOf(release).services?.flatMap(({ name, certificate }) =>
      certificate ? [{ name, ...certificate }] : [],
    );
    assert.deepEqual(certificates, [{ name: "lego", id, folder: "/srv/data/certificates", reader: "nginx" }]);
    assert.equal(serviceManifestOf(release, "nginx").user, "101:101");
  });

  it("has nginx read it where the host puts it, and brings none along", () => {
    const text = contentOf(release, "nginx.conf");
    for (const directive of ["ssl_certificate", "ssl_certificate_key"])
      assert.ok(text.includes(`${directive} /run/secrets/nginx/${id}/tls.pem;`));
    assert.equal(sent.includes("tls.crt"), false);
  });

  it("brings a timer along that runs the host's own script", () => {
    assert.match(contentOf(release, "jupyter-up-test-certificate.timer"), /^OnCalendar=daily$/m);
    const service = contentOf(release, "jupyter-up-test-certificate.service");
    assert.match(service, /^ExecStart=\/bin\/sh "\/srv\/site\/bin\/site-apply" renew$/m);
  });
});

describe("A site with any other certificate", () => {
  it("knows nothing of it", () => {
    const { release } = bundleOf(siteWith(), secrets);
    assert.equal(composeOf(release).services.lego, undefined);
    assert.doesNotMatch(release, /^(certificate|units) /m);
    assert.throws(() => serviceOf(siteWith(), "lego"));
  });
});

describe("A certificate's name on the host", () => {
  it("is the same for the same names in another order", () => {
    assert.equal(certificateId({ ...order, hostNames: order.hostNames.toReversed() }), certificateId(order));
  });
  it("is another one for other names, or from another server", () => {
    assert.notEqual(certificateId({ ...order, hostNames: ["a.example.com"] }), certificateId(order));
    assert.notEqual(certificateId({ ...order, server: "https://acme.example.com/directory" }), certificateId(order));
  });
});
