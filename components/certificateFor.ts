import * as pulumi from "@pulumi/pulumi";
import type { Settings } from "../settings/schema.ts";
import { tlsOf } from "../settings/web.ts";
import type { Certificate } from "./certificate.ts";
import { PrivateAuthority } from "./privateAuthority.ts";

/** The certificate that the settings ask for, for these names. */
export function certificateFor(settings: Settings, dnsNames: string[]): Certificate {
  switch (tlsOf(settings)) {
    case "provided":
      return {
        certificate: pulumi.output(settings.tlsCertificate ?? ""),
        key: pulumi.secret(settings.tlsKey ?? ""),
      };
    // The machine gets it by itself, when a release needs it.
    case "letsencrypt":
      return {};
    default:
      return new PrivateAuthority("certificate", { dnsNames });
  }
}
