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

describe("A certificate provided by the user", () => {
  it("is accepted for its names, within its validity period", () => {
    assert.deepEqual(whatIsWrongWithCertificate(certificate, names, now), []);
    assert.equal(whatIsWrongWithKey(certificateKey, certificate), undefined);
  });

  it("may be a wildcard certificate", () => {
    const { certificate } = selfSigned(["lab.example.com", "*.lab.example.com"]);
    assert.deepEqual(whatIsWrongWithCertificate(certificate, names, new Date()), []);
    assert.equal(whatIsWrongWithCertificate(certificate, ["a.b.lab.example.com"], new Date()).length, 1);
  });

  it("is refused if it lacks one of the host names", () => {
    assert.deepEqual(whatIsWrongWithCertificate(certificate, [...names, "dex.lab.example.com"], now), [
      "the certificate is for lab.example.com, jupyter.lab.example.com, and the site answers to dex.lab.example.com, too.",
    ]);
  });

  it("is refused before and after its validity period", () => {
    assert.match(
      String(whatIsWrongWithCertificate(certificate, names, inDays(2))),
      /^the certificate expired on \d{4}-/,
    );
    assert.match(
      String(whatIsWrongWithCertificate(certificate, names, inDays(-1))),
      /^the certificate is not valid before /,
    );
  });

  it("is refused if the chain is in the wrong order", () => {
    const { clientAuthority } = clientCertificate();
    assert.match(String(whatIsWrongWithCertificate(certificate + clientAuthority, names, now)), /second certificate/);
    assert.match(
      String(whatIsWrongWithCertificate(clientAuthority + certificate, names, now)),
      /certificate of an authority/,
    );
  });

  it("is refused if the text is not a certificate", () => {
    const none = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    assert.deepEqual(whatIsWrongWithCertificate(none, names, now), ["this certificate chain cannot be read."]);
  });

  it("is refused with the key of another certificate, or with an unreadable key", () => {
    const other = selfSigned(names).certificateKey;
    assert.equal(whatIsWrongWithKey(other, certificate), "the private key belongs to another certificate.");
    const broken = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
    assert.match(String(whatIsWrongWithKey(broken, certificate)), /^this private key cannot be read/);
  });
});

describe("The settings of a certificate provided by the user", () => {
  const given = (changes: Record<string, unknown>) => readSettings(configWith({ tls: "provided", ...changes })).issues;
  const all = selfSigned([...names, "vouch.lab.example.com", "dex.lab.example.com"]);
  const whole = { tlsCertificate: all.certificate, tlsKey: all.certificateKey };

  it("are accepted with a certificate for every host name", () => {
    assert.deepEqual(given(whole), []);
  });

  it("are refused with all issues, each with the command that fixes it", () => {
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

  it("are refused if the certificate or its key is missing", () => {
    assert.deepEqual(
      given({}).map(({ key, message }) => [key, message.split("\n")[0]]),
      [
        ["tlsCertificate", "the certificate chain in PEM format is missing; the site's own certificate comes first."],
        ["tlsKey", "the certificate's private key is missing."],
      ],
    );
  });

  it("report a text that is not a certificate only once", () => {
    assert.deepEqual(
      given({ ...whole, tlsCertificate: "x" }).map(({ key }) => key),
      ["tlsCertificate"],
    );
  });
});

describe("The certificate must cover exactly the host names that nginx serves, with", () => {
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
