import { AuthenticatedOriginPulls } from "@pulumi/cloudflare/authenticatedOriginPulls.js";
import { AuthenticatedOriginPullsHostnameCertificate } from "@pulumi/cloudflare/authenticatedOriginPullsHostnameCertificate.js";
import * as pulumi from "@pulumi/pulumi";
import { CertRequest } from "@pulumi/tls/certRequest.js";
import { LocallySignedCert } from "@pulumi/tls/locallySignedCert.js";
import { PrivateKey } from "@pulumi/tls/privateKey.js";
import { SelfSignedCert } from "@pulumi/tls/selfSignedCert.js";
import type { ClientCertificate } from "./certificate.ts";

export interface OriginPullsArgs {
  /** Zone that the names lie in. */
  zoneId: pulumi.Input<string>;
  /** Names that Cloudflare stands before. */
  names: string[];
}

const YEARS = 365 * 24;

/**
 * A client certificate that Cloudflare shows when it connects for these names, and for no others of the zone. Its addresses
 * are not enough: anybody can have Cloudflare connect to any machine, by a zone of their own.
 */
export class OriginPulls extends pulumi.ComponentResource implements ClientCertificate {
  readonly authority: pulumi.Output<string>;
  readonly certificate: pulumi.Output<string>;
  readonly key: pulumi.Output<string>;

  constructor(name: string, args: OriginPullsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("jupyter-up:index:OriginPulls", name, args, opts);
    const parent = { parent: this };
    const { zoneId, names } = args;

    const authorityKey = new PrivateKey(`${name}-authority-key`, { algorithm: "ECDSA", ecdsaCurve: "P256" }, parent);
    const authority = new SelfSignedCert(
      `${name}-authority`,
      {
        privateKeyPem: authorityKey.privateKeyPem,
        subject: { commonName: `${pulumi.getProject()} ${pulumi.getStack()} clients`, organization: "jupyter-up" },
        isCaCertificate: true,
        setSubjectKeyId: true,
        allowedUses: ["cert_signing", "crl_signing"],
        validityPeriodHours: 20 * YEARS,
      },
      parent,
    );
    // RSA: the kind of key that Cloudflare's own description of this has.
    const key = new PrivateKey(`${name}-key`, { algorithm: "RSA", rsaBits: 2048 }, parent);
    const request = new CertRequest(
      `${name}-request`,
      { privateKeyPem: key.privateKeyPem, subject: { commonName: "Cloudflare", organization: "jupyter-up" } },
      parent,
    );
    const signed = new LocallySignedCert(
      `${name}-signed`,
      {
        certRequestPem: request.certRequestPem,
        caPrivateKeyPem: authorityKey.privateKeyPem,
        caCertPem: authority.certPem,
        setSubjectKeyId: true,
        allowedUses: ["digital_signature", "client_auth"],
        validityPeriodHours: 15 * YEARS,
      },
      parent,
    );
    const handedOver = new AuthenticatedOriginPullsHostnameCertificate(
      `${name}-certificate`,
      { zoneId, certificate: signed.certPem, privateKey: key.privateKeyPem },
      parent,
    );
    const shown = names.map(
      (hostname) =>
        new AuthenticatedOriginPulls(
          `${name}-${hostname}`,
          { zoneId, configs: [{ hostname, certId: handedOver.id, enabled: true }] },
          parent,
        ),
    );

    this.certificate = signed.certPem;
    this.key = key.privateKeyPem;
    // Known only when Cloudflare shows the certificate for every name: nginx asks for it no sooner.
    this.authority = pulumi.all([authority.certPem, pulumi.all(shown.map(({ id }) => id))]).apply(([pem]) => pem);
    this.registerOutputs({ authority: this.authority, certificate: this.certificate, key: this.key });
  }
}
