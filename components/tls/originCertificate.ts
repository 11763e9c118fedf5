import { OriginCaCertificate } from "@pulumi/cloudflare/originCaCertificate.js";
import * as pulumi from "@pulumi/pulumi";
import { CertRequest } from "@pulumi/tls/certRequest.js";
import { PrivateKey } from "@pulumi/tls/privateKey.js";
import type { Certificate } from "./certificate.ts";

export interface OriginCertificateArgs {
  /** All host names of the site. */
  dnsNames: string[];
  /** Names in the stack's existing certificate, in Cloudflare's order. Default: it has none. */
  formerNames?: unknown;
}

/** Key in `StackState` of the certificate that Cloudflare issued. */
export const originCertificateKey = (name: string): string =>
  `cloudflare:index/originCaCertificate:OriginCaCertificate::${name}-signed`;

/**
 * Names for a certificate, in the order of the existing one if it has the same names. A different order would replace the
 * certificate, and after a refresh the state has Cloudflare's order.
 */
export function inFormerOrder(names: string[], former: unknown): string[] {
  const sorted = names.toSorted();
  const isSame = Array.isArray(former) && `${former.toSorted()}` === `${sorted}`;
  return isSame ? former : sorted;
}

/**
 * A certificate of Cloudflare's origin authority, which only Cloudflare trusts. It lasts 15 years and is never renewed.
 */
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
