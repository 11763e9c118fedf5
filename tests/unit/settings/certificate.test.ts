import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { buildSite } from "../../../files/site/site.ts";
import { clientCertificate, selfSigned } from "../../../offline/support/certificate.ts";
import { whatIsWrongWithCertificate, whatIsWrongWithKey } from "../../../settings/certificate.ts";
import { readSettings } from "../../../settings/read.ts";
import { configWith, settingsWith } from "../../support/settings.ts";
import { hostNames, layout } from "../../support/site.ts";
import { variants } from "../../support/variants.ts";

const names = ["lab.example.com", "jupyter.lab.example.com"];
const now = new Date();
const inDays = (days: number) => new Date(now.getTime() + days * 24 * 3600 * 1000);
const { certificate, certificateKey } = selfSigned(names);

describe("A certificate of one's own", () => {
  it("is good for its names, in its time", () => {
    assert.deepEqual(whatIsWrongWithCertificate(certificate, names, now), []);
    assert.equal(whatIsWrongWithKey(certificateKey, certificate), undefined);
  });

  it("may be for all names of a domain", () => {
    const { certificate } = selfSigned(["lab.example.com", "*.lab.example.com"]);
    assert.deepEqual(whatIsWrongWithCertificate(certificate, names, new Date()), []);
    assert.equal(whatIsWrongWithCertificate(certificate, ["a.b.lab.example.com"], new Date()).length, 1);
  });

  it("is refused without one of the names", () => {
    assert.deepEqual(whatIsWrongWithCertificate(certificate, [...names, "dex.lab.example.com"], now), [
      "the certificate is for lab.example.com, jupyter.lab.example.com, and the site answers to dex.lab.example.com, too.",
    ]);
  });

  it("is refused before and after its time", () => {
    assert.match(
      String(whatIsWrongWithCertificate(certificate, names, inDays(2))),
      /^the certificate expired on \d{4}-/,
    );
    assert.match(
      String(whatIsWrongWithCertificate(certificate, names, inDays(-1))),
      /^the certificate is not valid before /,
    );
  });

  it("is refused where the chain is in another order", () => {
    const { clientAuthority } = clientCertificate();
    assert.match(String(whatIsWrongWithCertificate(certificate + clientAuthority, names, now)), /second certificate/);
    assert.match(
      String(whatIsWrongWithCertificate(clientAuthority + certificate, names, now)),
      /certificate of an authority/,
    );
  });

  it("is refused where it is none", () => {
    const none = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    assert.deepEqual(whatIsWrongWithCertificate(none, names, now), ["this certificate chain cannot be read."]);
  });

  it("is refused with the key of another one, or with none that can be read", () => {
    const other = selfSigned(names).certificateKey;
    assert.equal(whatIsWrongWithKey(other, certificate), "the private key belongs to another certificate.");
    const broken = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
    assert.match(String(whatIsWrongWithKey(broken, certificate)), /^this private key cannot be read/);
  });
});

describe("The settings of a certificate of one's own", () => {
  const given = (changes: Record<string, unknown>) => readSettings(configWith({ tls: "provided", ...changes })).issues;
  const all = selfSigned([...names, "vouch.lab.example.com", "dex.lab.example.com"]);
  const whole = { tlsCertificate: all.certificate, tlsKey: all.certificateKey };

  it("are taken with a certificate of every name", () => {
    assert.deepEqual(given(whole), []);
  });

  it("are refused with every issue, and the command that fixes it", () => {
    assert.deepEqual(given({ tlsCertificate: certificate, tlsKey: all.certificateKey }), [
      {
        key: "tlsCertificate",
        message:
          "the certificate is for lab.example.com, jupyter.lab.example.com, and the site answers to vouch.lab.example.com, dex.lab.example.com, too.\ncat fullchain.pem | pulumi config set tlsCertificate",
      },
      {
        key: "tlsKey",
        message: "the private key belongs to another certificate.\ncat privkey.pem | pulumi config set --secret tlsKey",
      },
    ]);
  });

  it("are refused without it", () => {
    assert.deepEqual(
      given({}).map(({ key, message }) => [key, message.split("\n")[0]]),
      [
        ["tlsCertificate", "the certificate chain in PEM format is missing; the site's own certificate comes first."],
        ["tlsKey", "the certificate's private key is missing."],
      ],
    );
  });

  it("say once what is wrong with a text that is no certificate", () => {
    assert.deepEqual(
      given({ ...whole, tlsCertificate: "x" }).map(({ key }) => key),
      ["tlsCertificate"],
    );
  });
});

describe("The names that the settings ask for are those that nginx answers to, with", () => {
  const more = {
    "a front page of its own": { settings: { home: "home" } },
    apps: { settings: { apps: [{ name: "adminer", image: "adminer:5", port: 8080 }] } },
  };
  for (const [what, { settings }] of Object.entries({ ...variants, ...more }))
    it(what, () => {
      const asked = settingsWith(settings);
      assert.deepEqual(asked.hostNames, hostNames(buildSite("test", asked, layout)));
    });
});
