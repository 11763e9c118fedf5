import { OriginCaCertificate } from "@pulumi/cloudflare/originCaCertificate.js";
import * as pulumi from "@pulumi/pulumi";
import { CertRequest } from "@pulumi/tls/certRequest.js";
import { PrivateKey } from "@pulumi/tls/privateKey.js";
import type { Certificate } from "./certificate.ts";

export interface OriginCertificateArgs {
  /** Every name the site answers to. */
  dnsNames: string[];
  /** Names of the certificate that the stack has, in Cloudflare's order. Default: it has none. */
  formerNames?: unknown;
}

/** The stack's only certificate by Cloudflare; its outputs are looked up in the state of every stack. */
export const originCertificateKey = (name: string): string =>
  `cloudflare:index/originCaCertificate:OriginCaCertificate::${name}-signed`;

/**
 * Names for a certificate, in the order of the one that there is, if it is for the same names: another order would be another
 * certificate, and after a refresh the order is Cloudflare's.
 */
export function inFormerOrder(names: string[], former: unknown): string[] {
  const sorted = names.toSorted();
  const isSame = Array.isArray(former) && `${former.toSorted()}` === `${sorted}`;
  return isSame ? former : sorted;
}

/** A certificate by Cloudflare's own authority, which Cloudflare alone trusts. Lasts 15 years, so that nobody renews it. */
export class OriginCertificate extends pulumi.ComponentResource implements Certificate {
  readonly certificate: pulumi.Output<string>;
  readonly key: pulumi.Output<string>;

  constructor(name: string, args: OriginCertificateArgs, opts?: pulumi.ComponentResourceOptions) {
    super("jupyter-up:index:OriginCertificate", name, { dnsNames: args.dnsNames }, opts);
    const parent = { parent: this };
    const { dnsNames, formerNames } = args;

    const key = new PrivateKey(`${name}-key`, { algorithm: "ECDSA", ecdsaCurve: "P256" }, parent);
    const request = new CertRequest(
      `${name}-request`,
      { privateKeyPem: key.privateKeyPem, dnsNames, subject: { organization: "jupyter-up" } },
      parent,
    );
    const signed = new OriginCaCertificate(
      `${name}-signed`,
      {
        csr: request.certRequestPem,
        hostnames: inFormerOrder(dnsNames, formerNames),
        requestType: "origin-ecc",
      },
      parent,
    );

    this.certificate = signed.certificate;
    this.key = key.privateKeyPem;
    this.registerOutputs({ certificate: this.certificate, key: this.key });
  }
}
