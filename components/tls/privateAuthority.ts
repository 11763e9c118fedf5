import * as pulumi from "@pulumi/pulumi";
import { CertRequest } from "@pulumi/tls/certRequest.js";
import { LocallySignedCert } from "@pulumi/tls/locallySignedCert.js";
import { PrivateKey } from "@pulumi/tls/privateKey.js";
import type { Certificate } from "./certificate.ts";
import { CertificateAuthority, HOURS_PER_DAY, HOURS_PER_YEAR } from "./certificateAuthority.ts";

export interface PrivateAuthorityArgs {
  /** All host names of the site. */
  dnsNames: pulumi.Input<string[]>;
  /** Common name of the authority: `jupyter-up dev`. */
  authorityName: string;
}

/** Its type in older stacks. */
const FORMER_TYPE = "jupyter-up:index:Certificate";
const AUTHORITY_YEARS = 10;
/** Browsers accept at most 398 days from a public CA; Apple's accept at most 825 days from any. */
const LEAF_DAYS = 397;
/** The first `pulumi up` in a certificate's last month renews it. */
const RENEWAL_DAYS = 30;

/**
 * A certificate of the stack's own authority. A browser that trusts the authority shows no warnings, even after the
 * certificate is renewed.
 */
export class PrivateAuthority extends pulumi.ComponentResource implements Certificate {
  readonly certificate: pulumi.Output<string>;
  readonly key: pulumi.Output<string>;
  readonly authority: pulumi.Output<string>;

  constructor(name: string, args: PrivateAuthorityArgs, opts?: pulumi.ComponentResourceOptions) {
    const aliases = [{ type: FORMER_TYPE }];
    super("jupyter-up:index:PrivateAuthority", name, args, pulumi.mergeOptions(opts, { aliases }));
    const parent = { parent: this };

    const authority = new CertificateAuthority(
      `${name}-authority`,
      {
        commonName: args.authorityName,
        validityPeriodHours: AUTHORITY_YEARS * HOURS_PER_YEAR,
        // Keeps the authority of an older stack: everybody would have to trust a new one.
        formerParent: pulumi.createUrn(name, FORMER_TYPE, opts?.parent),
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
        caPrivateKeyPem: authority.key,
        caCertPem: authority.certificate,
        setSubjectKeyId: true,
        allowedUses: ["digital_signature", "server_auth"],
        validityPeriodHours: LEAF_DAYS * HOURS_PER_DAY,
        earlyRenewalHours: RENEWAL_DAYS * HOURS_PER_DAY,
      },
      parent,
    );

    this.certificate = leaf.certPem;
    this.key = key.privateKeyPem;
    this.authority = authority.certificate;
    this.registerOutputs({ certificate: this.certificate, key: this.key, authority: this.authority });
  }
}
