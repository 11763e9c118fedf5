import * as pulumi from "@pulumi/pulumi";
import { CertRequest } from "@pulumi/tls/certRequest.js";
import { LocallySignedCert } from "@pulumi/tls/locallySignedCert.js";
import { PrivateKey } from "@pulumi/tls/privateKey.js";
import { SelfSignedCert } from "@pulumi/tls/selfSignedCert.js";
import type { Certificate } from "./certificate.ts";

export interface PrivateAuthorityArgs {
  /** Every name the site answers to. */
  dnsNames: pulumi.Input<string[]>;
}

const HOURS_PER_DAY = 24;
const AUTHORITY_DAYS = 10 * 365;
/** Browsers take no more than 398 days from a public CA, and Apple's no more than 825 from any. */
const LEAF_DAYS = 397;
/** The first `pulumi up` in a certificate's last month renews it. */
const RENEWAL_DAYS = 30;

/**
 * A certificate for the site's names, by a certificate authority of the stack's own. Whoever trusts the authority once
 * sees no warning again; its key never leaves the stack's encrypted state.
 */
export class PrivateAuthority extends pulumi.ComponentResource implements Certificate {
  readonly certificate: pulumi.Output<string>;
  readonly key: pulumi.Output<string>;
  readonly authority: pulumi.Output<string>;

  constructor(name: string, args: PrivateAuthorityArgs, opts?: pulumi.ComponentResourceOptions) {
    // Under the name that it had when there was no other way, or everybody would have to trust a new authority.
    super("jupyter-up:index:Certificate", name, args, opts);
    const parent = { parent: this };

    const authorityKey = new PrivateKey(`${name}-authority-key`, { algorithm: "ECDSA", ecdsaCurve: "P256" }, parent);
    const authority = new SelfSignedCert(
      `${name}-authority`,
      {
        privateKeyPem: authorityKey.privateKeyPem,
        subject: { commonName: `jupyter-up ${pulumi.getStack()}`, organization: "jupyter-up" },
        isCaCertificate: true,
        setSubjectKeyId: true,
        allowedUses: ["cert_signing", "crl_signing"],
        validityPeriodHours: AUTHORITY_DAYS * HOURS_PER_DAY,
      },
      parent,
    );

    const key = new PrivateKey(`${name}-key`, { algorithm: "ECDSA", ecdsaCurve: "P256" }, parent);
    const request = new CertRequest(
      `${name}-request`,
      { privateKeyPem: key.privateKeyPem, dnsNames: args.dnsNames, subject: { organization: "jupyter-up" } },
      parent,
    );
    const leaf = new LocallySignedCert(
      `${name}-leaf`,
      {
        certRequestPem: request.certRequestPem,
        caPrivateKeyPem: authorityKey.privateKeyPem,
        caCertPem: authority.certPem,
        setSubjectKeyId: true,
        allowedUses: ["digital_signature", "server_auth"],
        validityPeriodHours: LEAF_DAYS * HOURS_PER_DAY,
        earlyRenewalHours: RENEWAL_DAYS * HOURS_PER_DAY,
      },
      parent,
    );

    this.certificate = leaf.certPem;
    this.key = key.privateKeyPem;
    this.authority = authority.certPem;
    this.registerOutputs({ certificate: this.certificate, key: this.key, authority: this.authority });
  }
}
