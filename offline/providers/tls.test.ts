import assert from "node:assert/strict";
import { execFile, spawnSync } from "node:child_process";
import { createPrivateKey, createPublicKey, X509Certificate } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import tls from "./packages/tls/index.ts";
import { type Properties, UNKNOWN } from "./resource.ts";
import { type Resource, serveForTests, type TestEngine } from "./testing/engine.ts";

const privateKey = "tls:index/privateKey:PrivateKey";
const selfSignedCert = "tls:index/selfSignedCert:SelfSignedCert";
const certRequest = "tls:index/certRequest:CertRequest";
const locallySignedCert = "tls:index/locallySignedCert:LocallySignedCert";

const run = promisify(execFile);
const skipWithout = (program: string) => (spawnSync(program, ["-V"]).error ? `${program} is not installed` : false);

const algorithms: Properties[] = [
  { algorithm: "ED25519" },
  { algorithm: "ECDSA", ecdsaCurve: "P256" },
  { algorithm: "ECDSA", ecdsaCurve: "P384" },
  { algorithm: "ECDSA", ecdsaCurve: "P521" },
  { algorithm: "RSA", rsaBits: 2048 },
];
const label = (inputs: Properties) => [inputs.algorithm, inputs.ecdsaCurve ?? inputs.rsaBits].filter(Boolean).join(" ");

describe("the package tls", () => {
  let served: Awaited<ReturnType<typeof serveForTests>>;
  let engine: TestEngine;
  let folder: string;

  beforeAll(async () => {
    served = await serveForTests(tls);
    engine = await served.attach();
    folder = await mkdtemp(join(tmpdir(), "tls-"));
  });

  afterAll(async () => {
    served.close();
    await rm(folder, { recursive: true });
  });

  async function file(name: string, content: unknown): Promise<string> {
    const path = join(folder, name);
    await writeFile(path, String(content), { mode: 0o600 });
    return path;
  }

  const newKey = async (inputs: Properties = { algorithm: "ED25519" }) =>
    (await engine.create(privateKey, inputs)).outputs;

  /** A CA and a certificate that it has signed for the given names. */
  async function chain(keyInputs: Properties, names: Properties): Promise<{ authority: Resource; server: Resource }> {
    const caKey = await newKey(keyInputs);
    const authority = await engine.create(selfSignedCert, {
      privateKeyPem: caKey.privateKeyPem,
      subject: { commonName: "Test CA", organization: "Jupyter & Co", country: "DE" },
      allowedUses: ["cert_signing", "crl_signing", "digital_signature"],
      validityPeriodHours: 24,
      isCaCertificate: true,
      setAuthorityKeyId: true,
    });
    const key = await newKey(keyInputs);
    const request = await engine.create(certRequest, { privateKeyPem: key.privateKeyPem, ...names });
    const server = await engine.create(locallySignedCert, {
      certRequestPem: request.outputs.certRequestPem,
      caPrivateKeyPem: caKey.privateKeyPem,
      caCertPem: authority.outputs.certPem,
      allowedUses: ["digital_signature", "key_encipherment", "server_auth"],
      validityPeriodHours: 12,
    });
    return { authority, server };
  }

  describe("PrivateKey", () => {
    for (const inputs of algorithms) {
      it(`is one ${label(inputs)} key in all its formats`, async () => {
        const { id, outputs } = await engine.create(privateKey, inputs);
        const pem = createPrivateKey(String(outputs.privateKeyPem));
        assert.ok(pem.equals(createPrivateKey(String(outputs.privateKeyPemPkcs8))));
        assert.ok(createPublicKey(pem).equals(createPublicKey(String(outputs.publicKeyPem))));
        assert.match(id, /^[0-9a-f]{40}$/);
      });

      (skipWithout("ssh-keygen") ? it.skip : it)(`is a ${label(inputs)} key that OpenSSH reads`, async () => {
        const outputs = await newKey(inputs);
        const path = await file(`ssh-${label(inputs)}`, outputs.privateKeyOpenssh);
        const { stdout: publicKey } = await run("ssh-keygen", ["-y", "-f", path]);
        assert.equal(publicKey.trim(), String(outputs.publicKeyOpenssh).trim());
        assert.match(String(outputs.publicKeyOpenssh), /^\S+ \S+\n$/);
        const fingerprint = async (hash: string) =>
          (await run("ssh-keygen", ["-l", "-E", hash, "-f", path])).stdout.split(" ")[1];
        assert.equal(await fingerprint("sha256"), outputs.publicKeyFingerprintSha256);
        assert.equal(await fingerprint("md5"), `MD5:${outputs.publicKeyFingerprintMd5}`);
      });
    }

    it("has the real provider's headers", async () => {
      const header = async (inputs: Properties) => String((await newKey(inputs)).privateKeyPem).split("\n")[0];
      assert.equal(await header({ algorithm: "ED25519" }), "-----BEGIN PRIVATE KEY-----");
      assert.equal(await header({ algorithm: "ECDSA", ecdsaCurve: "P256" }), "-----BEGIN EC PRIVATE KEY-----");
      assert.equal(await header({ algorithm: "RSA" }), "-----BEGIN RSA PRIVATE KEY-----");
    });

    it("of curve P224, the default of ECDSA, has no OpenSSH format", async () => {
      const outputs = await newKey({ algorithm: "ECDSA" });
      assert.deepEqual(
        [outputs.ecdsaCurve, outputs.privateKeyOpenssh, outputs.publicKeyOpenssh, outputs.publicKeyFingerprintSha256],
        ["P224", "", "", ""],
      );
    });

    it("refuses unknown algorithms and curves", async () => {
      assert.deepEqual(await engine.check(privateKey, { algorithm: "DSA" }), [
        'algorithm: Attribute algorithm value must be one of: ["RSA" "ECDSA" "ED25519"], got: "DSA"',
      ]);
      assert.deepEqual(await engine.check(privateKey, { algorithm: UNKNOWN }), []);
    });

    it("is replaced at every change, but not when a default is set explicitly", async () => {
      const resource = await engine.create(privateKey, { algorithm: "RSA" });
      assert.deepEqual(await engine.diff(privateKey, resource, { algorithm: "RSA", rsaBits: 2048 }), {});
      assert.deepEqual(await engine.diff(privateKey, resource, { algorithm: "RSA", rsaBits: 3072 }), {
        rsaBits: "update & replace",
      });
    });
  });

  describe("certificates", () => {
    for (const inputs of algorithms) {
      it(`of ${label(inputs)} keys are verified by Node and by openssl`, async () => {
        const names = { dnsNames: ["*.lab.localhost", "lab.localhost"], subject: { commonName: "lab.localhost" } };
        const { authority, server } = await chain(inputs, names);
        const caCertificate = new X509Certificate(String(authority.outputs.certPem));
        const certificate = new X509Certificate(String(server.outputs.certPem));
        assert.ok(certificate.verify(caCertificate.publicKey));
        assert.ok(certificate.checkIssued(caCertificate));
        assert.equal(certificate.checkHost("jupyter.lab.localhost"), "*.lab.localhost");

        if (skipWithout("openssl")) return console.log("openssl is not installed: only Node has verified the chain");
        const ca = await file(`ca-${label(inputs)}.pem`, authority.outputs.certPem);
        const cert = await file(`cert-${label(inputs)}.pem`, server.outputs.certPem);
        const verify = ["verify", "-x509_strict", "-purpose", "sslserver", "-verify_hostname", "lab.localhost"];
        const { stdout } = await run("openssl", [...verify, "-CAfile", ca, cert]);
        assert.equal(stdout, `${cert}: OK\n`);
      });
    }

    (skipWithout("openssl") ? it.skip : it)(
      "copy every kind of name from the request, and openssl verifies their signature",
      async () => {
        const subject = {
          ...{ commonName: "Zoë", country: "DE", emailAddress: "a@example.com", locality: "Köln", organization: "O" },
          ...{
            organizationalUnit: "OU",
            postalCode: "50667",
            province: "NRW",
            serialNumber: "7",
            streetAddresses: ["1", "2"],
          },
        };
        const key = await newKey();
        const request = await engine.create(certRequest, {
          privateKeyPem: key.privateKeyPem,
          subject,
          dnsNames: ["a.example.com"],
          ipAddresses: ["192.0.2.1", "2001:db8::1", "::1"],
          uris: ["https://example.com/x"],
        });
        const path = await file("request.pem", request.outputs.certRequestPem);
        const { stdout, stderr } = await run("openssl", [
          "req",
          "-in",
          path,
          "-verify",
          "-noout",
          "-text",
          "-nameopt",
          "utf8,sep_comma_plus_space",
        ]);
        assert.match(stdout + stderr, /verify OK/);
        assert.match(
          stdout,
          /Subject: C=DE, O=O, OU=OU, L=Köln, ST=NRW, street=1 \+ street=2, postalCode=50667, CN=Zoë, serialNumber=7, emailAddress=a@example.com/,
        );
        assert.match(
          stdout,
          /DNS:a\.example\.com, IP Address:192\.0\.2\.1, IP Address:2001:DB8:0:0:0:0:0:1, IP Address:0:0:0:0:0:0:0:1, URI:https:\/\/example\.com\/x/,
        );

        const { server } = await chain({ algorithm: "ED25519" }, { subject, dnsNames: ["a.example.com"] });
        const certificate = new X509Certificate(String(server.outputs.certPem));
        assert.match(certificate.subject, /CN=Zoë/);
        assert.equal(certificate.subjectAltName, "DNS:a.example.com");
      },
    );

    (skipWithout("openssl") ? it.skip : it)("contain their validity and uses", async () => {
      const { authority, server } = await chain({ algorithm: "ED25519" }, { dnsNames: ["x.localhost"] });
      const certificate = new X509Certificate(String(server.outputs.certPem));
      const seconds = (time: unknown) => Math.floor(Date.parse(String(time)) / 1000);
      assert.equal(seconds(certificate.validFrom), seconds(server.outputs.validityStartTime));
      assert.equal(seconds(certificate.validTo), seconds(server.outputs.validityEndTime));
      assert.equal(seconds(server.outputs.validityEndTime) - seconds(server.outputs.validityStartTime), 12 * 3600);
      assert.equal(BigInt(`0x${certificate.serialNumber}`), BigInt(server.id));
      assert.equal(certificate.ca, false);
      assert.deepEqual([server.outputs.caKeyAlgorithm, authority.outputs.keyAlgorithm], ["ED25519", "ED25519"]);

      const text = async (name: string, { outputs }: Resource) =>
        (await run("openssl", ["x509", "-in", await file(name, outputs.certPem), "-noout", "-text"])).stdout.replace(
          /\s+/g,
          " ",
        );
      const serverText = await text("uses.pem", server);
      assert.match(
        serverText,
        /Key Usage: critical Digital Signature, Key Encipherment X509v3 Extended Key Usage: TLS Web Server Authentication/,
      );
      // Its subject is empty, so it has only alternative names.
      assert.match(serverText, /Subject Alternative Name: critical DNS:x\.localhost/);
      assert.match(serverText, /Basic Constraints: critical CA:FALSE/);
      const authorityText = await text("uses-ca.pem", authority);
      assert.match(authorityText, /Key Usage: critical Digital Signature, Certificate Sign, CRL Sign/);
      assert.match(authorityText, /Basic Constraints: critical CA:TRUE/);
      const [, keyId] = /Subject Key Identifier: ([0-9A-F:]+)/.exec(authorityText) ?? [];
      assert.ok(keyId !== undefined);
      assert.match(serverText, new RegExp(`Authority Key Identifier: (keyid:)?${keyId}`));
    });

    it("limit the path below an authority, but never to 0", async () => {
      const { privateKeyPem } = await newKey();
      const ca = {
        privateKeyPem,
        subject: { commonName: "CA" },
        allowedUses: [],
        validityPeriodHours: 1,
        isCaCertificate: true,
      };
      const der = async (inputs: Properties) =>
        new X509Certificate(String((await engine.create(selfSignedCert, inputs)).outputs.certPem)).raw.toString("hex");
      // basicConstraints: an OCTET STRING with a SEQUENCE of TRUE and the length, if there is one.
      assert.match(await der({ ...ca, maxPathLength: 3 }), /0603551d130101ff040830060101ff020103/);
      assert.match(await der({ ...ca, maxPathLength: 0 }), /0603551d130101ff040530030101ff/);
    });

    const badInputs: [string, Properties, RegExp][] = [
      ["an authority without a name", { isCaCertificate: true }, /Must contain at least one Distinguished Name/],
      [
        "an authority key ID that does not exist",
        { setAuthorityKeyId: true },
        /Could not determine Authority Key Identifier/,
      ],
      ["an invalid private key", { privateKeyPem: "x" }, /^Failed to parse private key PEM: /],
      ["an invalid IP address", { ipAddresses: ["lab"] }, /^Invalid IP address: Failed to parse "lab"$/],
    ];
    for (const [what, inputs, message] of badInputs) {
      it(`fail for ${what}`, async () => {
        const { privateKeyPem } = await newKey();
        const good = { privateKeyPem, allowedUses: [], validityPeriodHours: 1 };
        await assert.rejects(engine.create(selfSignedCert, { ...good, ...inputs }), { message });
      });
    }

    it("fail for a key that is not the authority's, and warn about a certificate that is not an authority", async () => {
      const [key, otherKey] = [await newKey(), await newKey()];
      const common = { allowedUses: [], validityPeriodHours: 1 };
      const names = { subject: { commonName: "x" } };
      const notCa = await engine.create(selfSignedCert, { privateKeyPem: key.privateKeyPem, ...names, ...common });
      const request = await engine.create(certRequest, { privateKeyPem: otherKey.privateKeyPem, ...names });
      const inputs = { caCertPem: notCa.outputs.certPem, certRequestPem: request.outputs.certRequestPem, ...common };
      await assert.rejects(engine.create(locallySignedCert, { ...inputs, caPrivateKeyPem: otherKey.privateKeyPem }), {
        message: /provided PrivateKey doesn't match parent's PublicKey/,
      });
      const own = await served.attach();
      await own.create(locallySignedCert, { ...inputs, caPrivateKeyPem: key.privateKeyPem });
      assert.match(own.messages[0]?.text ?? "", /does not appear to be a valid Certificate Authority/);
    });

    it("refuse unknown uses and negative hours", async () => {
      const inputs = {
        privateKeyPem: "x",
        allowedUses: ["server_auth", "flying"],
        validityPeriodHours: -1,
        earlyRenewalHours: -1,
      };
      const failures = await engine.check(selfSignedCert, inputs);
      assert.match(failures[0] ?? "", /^allowedUses: Attribute allowedUses value must be one of: .*, got: "flying"$/);
      assert.deepEqual(failures.slice(1), [
        "validityPeriodHours: Attribute validityPeriodHours value must be at least 0, got: -1",
        "earlyRenewalHours: Attribute earlyRenewalHours value must be at least 0, got: -1",
      ]);
      assert.deepEqual(
        await engine.check(selfSignedCert, {
          ...inputs,
          allowedUses: UNKNOWN,
          validityPeriodHours: UNKNOWN,
          earlyRenewalHours: 0,
        }),
        [],
      );
    });
  });

  describe("renewal", () => {
    let resource: Resource;

    beforeAll(async () => {
      const { privateKeyPem } = await newKey();
      resource = await engine.create(selfSignedCert, {
        privateKeyPem,
        allowedUses: [],
        validityPeriodHours: 10,
        earlyRenewalHours: 3,
      });
    });

    it("replaces nothing before it is due", async () => {
      assert.equal(resource.outputs.readyForRenewal, false);
      assert.deepEqual(await engine.diff(selfSignedCert, resource, resource.inputs), {});
      assert.equal((await engine.read(selfSignedCert, resource)).outputs.readyForRenewal, false);
    });

    it("keeps the certificate when only earlyRenewalHours changes", async () => {
      const news = { ...resource.inputs, earlyRenewalHours: 5 };
      assert.deepEqual(await engine.diff(selfSignedCert, resource, news), { earlyRenewalHours: "update" });
      for (const preview of [true, false]) {
        const updated = await engine.update(selfSignedCert, resource, news, { preview });
        assert.deepEqual(updated.outputs, { ...resource.outputs, earlyRenewalHours: 5 });
      }
    });

    it("replaces the certificate once renewal is due", async () => {
      const due = { ...resource.inputs, earlyRenewalHours: 10 };
      const changes = await engine.diff(selfSignedCert, resource, due);
      assert.deepEqual(changes, { earlyRenewalHours: "update", readyForRenewal: "update & replace" });
      const expired = {
        ...resource,
        outputs: { ...resource.outputs, validityEndTime: new Date(Date.now() + 2 * 3_600_000).toISOString() },
      };
      assert.deepEqual(await engine.diff(selfSignedCert, expired, resource.inputs), {
        readyForRenewal: "update & replace",
      });
      assert.equal((await engine.read(selfSignedCert, expired)).outputs.readyForRenewal, true);
    });

    it("is due from the start when it is as long as the validity", async () => {
      const made = await engine.create(selfSignedCert, { ...resource.inputs, earlyRenewalHours: 10 });
      assert.equal(made.outputs.readyForRenewal, true);
    });

    it("replaces the certificate at every other change", async () => {
      const cases: [Properties, Record<string, string>][] = [
        [{ dnsNames: ["x"] }, { dnsNames: "add & replace" }],
        [{ subject: { commonName: "x" } }, { subject: "add & replace" }],
        [{ allowedUses: ["server_auth"] }, { "allowedUses[0]": "add & replace" }],
        [{ validityPeriodHours: 11 }, { validityPeriodHours: "update & replace" }],
        [{ isCaCertificate: false, setSubjectKeyId: false, setAuthorityKeyId: false }, {}],
      ];
      for (const [change, expected] of cases) {
        assert.deepEqual(await engine.diff(selfSignedCert, resource, { ...resource.inputs, ...change }), expected);
      }
    });
  });

  it("shows all outputs as unknown in a preview", async () => {
    const inputs = { privateKeyPem: UNKNOWN, allowedUses: [], validityPeriodHours: 1 };
    const { outputs } = await engine.create(selfSignedCert, inputs, { preview: true });
    for (const name of ["certPem", "keyAlgorithm", "readyForRenewal", "validityEndTime", "validityStartTime"]) {
      assert.equal(outputs[name], UNKNOWN, name);
    }
  });
});
