import * as pulumi from "@pulumi/pulumi";
import { PrivateKey } from "@pulumi/tls/privateKey.js";
import { SelfSignedCert } from "@pulumi/tls/selfSignedCert.js";

export interface CertificateAuthorityArgs {
  /** Its common name. Changing it creates a new authority, which nobody trusts yet. */
  commonName: string;
  /** Validity of its certificate, in hours. */
  validityPeriodHours: number;
  /** Former parent of key and certificate in older stacks. */
  formerParent: pulumi.Resource | pulumi.Input<pulumi.URN>;
}

export const HOURS_PER_DAY = 24;
export const HOURS_PER_YEAR = 365 * HOURS_PER_DAY;

/** The stack's own certificate authority. Its key never leaves the stack's encrypted state. */
export class CertificateAuthority extends pulumi.ComponentResource {
  /** PEM of the key; secret. */
  readonly key: pulumi.Output<string>;
  /** PEM of the certificate. */
  readonly certificate: pulumi.Output<string>;

  constructor(name: string, args: CertificateAuthorityArgs, opts?: pulumi.ComponentResourceOptions) {
    const { commonName, validityPeriodHours, formerParent } = args;
    super("jupyter-up:index:CertificateAuthority", name, { commonName, validityPeriodHours }, opts);

    const key = new PrivateKey(
      `${name}-key`,
      { algorithm: "ECDSA", ecdsaCurve: "P256" },
      { parent: this, aliases: [{ parent: formerParent }] },
    );
    const certificate = new SelfSignedCert(
      `${name}-certificate`,
      {
        privateKeyPem: key.privateKeyPem,
        subject: { commonName, organization: "jupyter-up" },
        isCaCertificate: true,
        setSubjectKeyId: true,
        allowedUses: ["cert_signing", "crl_signing"],
        validityPeriodHours,
      },
      { parent: this, aliases: [{ name, parent: formerParent }] },
    );

    this.key = key.privateKeyPem;
    this.certificate = certificate.certPem;
    this.registerOutputs({ key: this.key, certificate: this.certificate });
  }
}
