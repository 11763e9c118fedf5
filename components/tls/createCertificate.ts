import * as pulumi from "@pulumi/pulumi";
import type { Settings } from "../../settings/resolve.ts";
import type { Certificate } from "./certificate.ts";
import { OriginCertificate } from "./originCertificate.ts";
import { PrivateAuthority } from "./privateAuthority.ts";

export interface CreateCertificateArgs {
  /** Names in the stack's existing certificate from Cloudflare, in Cloudflare's order; undefined: it has none. */
  formerNames: unknown;
}

/** Name of the stack's only certificate. */
export const CERTIFICATE = "certificate";

/** Creates the certificate for the settings. */
export function createCertificate(
  { tls, hostNames: dnsNames }: Settings,
  { formerNames }: CreateCertificateArgs,
  opts?: pulumi.ComponentResourceOptions,
): Certificate {
  switch (tls.mode) {
    case "cloudflare-origin":
      return new OriginCertificate(CERTIFICATE, { dnsNames, formerNames }, opts);
    case "private-ca":
      return new PrivateAuthority(CERTIFICATE, { dnsNames, authorityName: `jupyter-up ${pulumi.getStack()}` }, opts);
    case "provided":
      return { certificate: tls.certificate.output(pulumi.secret), key: tls.key.output(pulumi.secret) };
    // The machine gets it by itself during a release.
    case "letsencrypt":
      return {};
  }
}
