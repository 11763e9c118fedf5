import * as pulumi from "@pulumi/pulumi";
import type { Settings } from "../../settings/resolve.ts";
import { madeSoFar } from "../preflight/stackState.ts";
import type { Certificate } from "./certificate.ts";
import { OriginCertificate, originCertificateKey } from "./originCertificate.ts";
import { PrivateAuthority } from "./privateAuthority.ts";

/** The stack's only certificate. */
const CERTIFICATE = "certificate";

/** The certificate that the settings ask for. */
export async function certificateFor({ tls, hostNames: dnsNames }: Settings): Promise<Certificate> {
  switch (tls.mode) {
    case "cloudflare-origin":
      return new OriginCertificate(CERTIFICATE, {
        dnsNames,
        formerNames: (await madeSoFar())[originCertificateKey(CERTIFICATE)]?.hostnames,
      });
    case "private-ca":
      return new PrivateAuthority(CERTIFICATE, { dnsNames });
    case "provided":
      return { certificate: tls.certificate.output(pulumi.secret), key: tls.key.output(pulumi.secret) };
    // The machine gets it by itself, when a release needs it.
    case "letsencrypt":
      return {};
  }
}
