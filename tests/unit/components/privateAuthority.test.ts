import assert from "node:assert/strict";
import { beforeAll, describe, it } from "@jest/globals";
import { PrivateAuthority } from "../../../components/tls/privateAuthority.ts";
import { MARKER, openTexts, type Run, runUnderMocks, secretOf } from "../../support/mocks.ts";

describe("The certificate of the stack's private authority", () => {
  let run: Run;
  const inputsOf = (name: string) => {
    const found = run.resources.find((each) => each.name === name);
    assert.ok(found, name);
    return found.inputs;
  };
  beforeAll(async () => {
    run = await runUnderMocks({}, async () => {
      new PrivateAuthority("tls", {
        dnsNames: ["lab.example.com", "jupyter.lab.example.com"],
        authorityName: "jupyter-up dev",
      });
    });
  });

  it("covers the given names", () => {
    assert.deepEqual(inputsOf("tls-request").dnsNames, ["lab.example.com", "jupyter.lab.example.com"]);
  });

  it("is renewed in its last month, and is not valid for longer than browsers accept", () => {
    const { validityPeriodHours, earlyRenewalHours } = inputsOf("tls-leaf");
    assert.ok(Number(validityPeriodHours) <= 398 * 24);
    assert.equal(earlyRenewalHours, 30 * 24);
  });

  it("can be used by a server, but not for signing", () => {
    assert.deepEqual(inputsOf("tls-leaf").allowedUses, ["digital_signature", "server_auth"]);
    assert.equal(inputsOf("tls-leaf").isCaCertificate, undefined);
  });

  it("is signed by an authority that can only sign certificates", () => {
    assert.equal(
      inputsOf("tls-leaf").caCertPem,
      "-----BEGIN CERTIFICATE-----\ntls-authority-certificate\n-----END CERTIFICATE-----\n",
    );
    assert.equal(inputsOf("tls-authority-certificate").isCaCertificate, true);
    assert.deepEqual(inputsOf("tls-authority-certificate").allowedUses, ["cert_signing", "crl_signing"]);
  });

  it("has its own key, of a type that every browser supports and that is fast on small machines", () => {
    for (const name of ["tls-key", "tls-authority-key"]) {
      assert.equal(inputsOf(name).algorithm, "ECDSA");
      assert.equal(inputsOf(name).ecdsaCurve, "P256");
    }
    const [own, authority] = [inputsOf("tls-request").privateKeyPem, inputsOf("tls-leaf").caPrivateKeyPem].map(
      secretOf,
    );
    assert.ok(String(own).includes(`${MARKER}-tls-key`));
    assert.ok(String(authority).includes(`${MARKER}-tls-authority-key`));
  });

  it("has aliases with the type and the names of older stacks", () => {
    const aliasesOf = (name: string, type: string) =>
      run.resources.find((each) => each.name === name && each.type.includes(type))?.options.aliases;
    const parentUrn = "urn:pulumi:test::jupyter-up::jupyter-up:index:Certificate::tls";
    assert.equal(aliasesOf("tls", "PrivateAuthority")?.[0]?.type, "jupyter-up:index:Certificate");
    assert.deepEqual(aliasesOf("tls-authority-key", "PrivateKey"), [{ parentUrn }]);
    assert.deepEqual(aliasesOf("tls-authority-certificate", "SelfSignedCert"), [{ name: "tls-authority", parentUrn }]);
  });

  it("outputs its key as a secret", () => {
    const component = run.resources.find(({ type }) => type === "jupyter-up:index:PrivateAuthority");
    const outputs = run.outputs[component?.urn ?? ""];
    assert.ok(String(secretOf(outputs?.key)).includes(`${MARKER}-tls-key`));
    for (const text of openTexts(outputs)) assert.equal(text.includes(MARKER), false);
  });
});
