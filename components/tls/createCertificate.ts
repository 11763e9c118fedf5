import * as pulumi from "@pulumi/pulumi";
import type { Settings } from "../../settings/schema.ts";
import { tlsOf } from "../../settings/web.ts";
import { madeSoFar } from "../preflight/stackState.ts";
import type { Certificate } from "./certificate.ts";
import { OriginCertificate, originCertificateKey } from "./originCertificate.ts";
import { PrivateAuthority } from "./privateAuthority.ts";

/** The stack's only certificate. */
const CERTIFICATE = "certificate";

/** The certificate that the settings ask for, for these names. */
export async function certificateFor(settings: Settings, dnsNames: string[]): Promise<Certificate> {
  switch (tlsOf(settings)) {
    case "cloudflare-origin":
      return new OriginCertificate(CERTIFICATE, {
        dnsNames,
        formerNames: (await madeSoFar())[originCertificateKey(CERTIFICATE)]?.hostnames,
      });
    case "private-ca":
      return new PrivateAuthority(CERTIFICATE, { dnsNames, authorityName: `jupyter-up ${pulumi.getStack()}` });
    case "provided":
      // Either may be encrypted in the config; both travel with the secret files.
      return {
        certificate: pulumi.secret(settings.tlsCertificate ?? ""),
        key: settings.tlsKey?.output(pulumi.secret) ?? pulumi.secret(""),
      };
    // The machine gets it by itself, when a release needs it.
    case "letsencrypt":
      return {};
  }
}
