import type * as pulumi from "@pulumi/pulumi";
import type { Secrets } from "../../files/site/secrets.ts";

/** A certificate for the site's host names. */
export interface Certificate {
  /** Certificate chain, PEM, leaf first; absent if the machine gets it by itself. */
  readonly certificate?: pulumi.Output<string>;
  /** Its private key, PEM; secret. */
  readonly key?: pulumi.Output<string>;
  /** Certificate of the stack's own authority, PEM, which browsers have to trust; absent for other sources. */
  readonly authority?: pulumi.Output<string>;
}

/** Client certificate (mTLS) that connecting clients must present. */
export interface ClientCertificate {
  /** Certificate of its authority, PEM. */
  readonly authority: pulumi.Output<string>;
  /** The client certificate, PEM. */
  readonly certificate: pulumi.Output<string>;
  /** Its private key, PEM; secret. */
  readonly key: pulumi.Output<string>;
}

/** The certificates and keys that are written to files on the host. */
export function inSecrets({ certificate, key }: Certificate, client?: ClientCertificate): CertificateSecrets {
  return {
    ...(certificate && key ? { certificate, certificateKey: key } : {}),
    ...(client
      ? { clientAuthority: client.authority, clientCertificate: client.certificate, clientKey: client.key }
      : {}),
  };
}

type CertificateSecrets = {
  [Name in keyof Pick<
    Secrets,
    "certificate" | "certificateKey" | "clientAuthority" | "clientCertificate" | "clientKey"
  >]: pulumi.Output<string>;
};
