import { OriginCaCertificate } from "@pulumi/cloudflare/originCaCertificate.js";
import * as pulumi from "@pulumi/pulumi";
import { CertRequest } from "@pulumi/tls/certRequest.js";
import { PrivateKey } from "@pulumi/tls/privateKey.js";
import type { Certificate } from "./certificate.ts";

export interface OriginCertificateArgs {
  /** Every name the site answers to. */
  dnsNames: string[];
}

/** A certificate by Cloudflare's own authority, which Cloudflare alone trusts. Lasts 15 years, so that nobody renews it. */
export class OriginCertificate extends pulumi.ComponentResource implements Certificate {
  readonly certificate: pulumi.Output<string>;
  readonly key: pulumi.Output<string>;

  constructor(name: string, args: OriginCertificateArgs, opts?: pulumi.ComponentResourceOptions) {
    super("jupyter-up:index:OriginCertificate", name, args, opts);
    const parent = { parent: this };
    const { dnsNames } = args;
    // The order in which Cloudflare gives them back: any other would be a change each time.
    const names = pulumi.output(dnsNames).apply((all) => all.toSorted());

    const key = new PrivateKey(`${name}-key`, { algorithm: "ECDSA", ecdsaCurve: "P256" }, parent);
    const request = new CertRequest(
      `${name}-request`,
      { privateKeyPem: key.privateKeyPem, dnsNames, subject: { organization: "jupyter-up" } },
      parent,
    );
    const signed = new OriginCaCertificate(
      `${name}-signed`,
      { csr: request.certRequestPem, hostnames: names, requestType: "origin-ecc" },
      parent,
    );

    this.certificate = signed.certificate;
    this.key = key.privateKeyPem;
    this.registerOutputs({ certificate: this.certificate, key: this.key });
  }
}
