import type * as pulumi from "@pulumi/pulumi";
import type { Secrets } from "../../files/site/secrets.ts";

/** A certificate for the site's names. Where it comes from, only its own file knows. */
export interface Certificate {
  /** Certificate chain, PEM, leaf first; absent where the machine gets it by itself. */
  readonly certificate?: pulumi.Output<string>;
  /** Its private key, PEM; secret. */
  readonly key?: pulumi.Output<string>;
  /** The authority's certificate, PEM, where people may trust it for this site alone. */
  readonly authority?: pulumi.Output<string>;
}

/** What whoever connects to the site has to show, where it is not the whole world that may. */
export interface ClientCertificate {
  /** Certificate of the authority that signed it, PEM. */
  readonly authority: pulumi.Output<string>;
  /** One that it signed, PEM. */
  readonly certificate: pulumi.Output<string>;
  /** Its private key, PEM; secret. */
  readonly key: pulumi.Output<string>;
}

/** What of them ends up in files on the host. */
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
