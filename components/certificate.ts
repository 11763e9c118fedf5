import type * as pulumi from "@pulumi/pulumi";
import type { Secrets } from "../files/secrets.ts";

/** A certificate for the site's names. Where it comes from, only its own file knows. */
export interface Certificate {
  /** Certificate chain, PEM, leaf first; absent where the machine gets it by itself. */
  readonly certificate?: pulumi.Output<string>;
  /** Its private key, PEM; secret. */
  readonly key?: pulumi.Output<string>;
  /** The authority's certificate, PEM, where people may trust it for this site alone. */
  readonly authority?: pulumi.Output<string>;
}

/** What of it ends up in files on the host. */
export function inSecrets({ certificate, key }: Certificate): {
  [Name in keyof Pick<Secrets, "certificate" | "certificateKey">]: pulumi.Output<string>;
} {
  return certificate && key ? { certificate, certificateKey: key } : {};
}
