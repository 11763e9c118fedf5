import { readFileSync } from "node:fs";
import { AuthenticatedOriginPulls } from "@pulumi/cloudflare/authenticatedOriginPulls.js";
import { AuthenticatedOriginPullsHostnameCertificate } from "@pulumi/cloudflare/authenticatedOriginPullsHostnameCertificate.js";
import { getAuthenticatedOriginPulls } from "@pulumi/cloudflare/getAuthenticatedOriginPulls.js";
import { Command } from "@pulumi/command/local/command.js";
import * as pulumi from "@pulumi/pulumi";
import { CertRequest } from "@pulumi/tls/certRequest.js";
import { LocallySignedCert } from "@pulumi/tls/locallySignedCert.js";
import { PrivateKey } from "@pulumi/tls/privateKey.js";
import { resourceRefusal } from "../resourceRefusal.ts";
import type { ClientCertificate } from "../tls/certificate.ts";
import { CertificateAuthority, HOURS_PER_YEAR } from "../tls/certificateAuthority.ts";
import { awaitClientCertificate } from "./awaitClientCertificate.ts";

export interface OriginPullsArgs {
  /** Zone of the names. */
  zoneId: pulumi.Input<string>;
  /** Host names that Cloudflare proxies. */
  names: string[];
  /** Common name of the client certificate's authority: `jupyter-up dev clients`. */
  authorityName: string;
  /** Cloudflare's API token. Default: CLOUDFLARE_API_TOKEN of the process that deletes. Secret. */
  apiToken?: pulumi.Input<string> | undefined;
}

/**
 * A client certificate that Cloudflare presents when it connects for these names, and for no others of the zone.
 * Allowing only Cloudflare's addresses is not enough: anybody can make Cloudflare connect to any machine, through a zone
 * of their own.
 */
export class OriginPulls extends pulumi.ComponentResource implements ClientCertificate {
  readonly authority: pulumi.Output<string>;
  readonly certificate: pulumi.Output<string>;
  readonly key: pulumi.Output<string>;

  constructor(name: string, args: OriginPullsArgs, opts?: pulumi.ComponentResourceOptions) {
    super(
      "jupyter-up:index:OriginPulls",
      name,
      { zoneId: args.zoneId, names: args.names, authorityName: args.authorityName },
      opts,
    );
    const parent = { parent: this };
    const { zoneId, names, apiToken } = args;

    const authority = new CertificateAuthority(
      `${name}-authority`,
      { commonName: args.authorityName, validityPeriodHours: 20 * HOURS_PER_YEAR, formerParent: this },
      parent,
    );
    // RSA, as in Cloudflare's documentation.
    const key = new PrivateKey(`${name}-key`, { algorithm: "RSA", rsaBits: 2048 }, parent);
    const request = new CertRequest(
      `${name}-request`,
      { privateKeyPem: key.privateKeyPem, subject: { commonName: "Cloudflare", organization: "jupyter-up" } },
      parent,
    );
    const signed = new LocallySignedCert(
      `${name}-signed`,
      {
        certRequestPem: request.certRequestPem,
        caPrivateKeyPem: authority.key,
        caCertPem: authority.certificate,
        setSubjectKeyId: true,
        allowedUses: ["digital_signature", "client_auth"],
        validityPeriodHours: 15 * HOURS_PER_YEAR,
      },
      parent,
    );
    const uploaded = new AuthenticatedOriginPullsHostnameCertificate(
      `${name}-certificate`,
      { zoneId, certificate: signed.certPem, privateKey: key.privateKeyPem },
      parent,
    );
    // Delays the deletion of the certificate; see the script.
    const inUse = new Command(
      `${name}-in-use`,
      {
        delete: "sh",
        stdin: readFileSync(new URL("await-unused.sh", import.meta.url), "utf8"),
        environment: {
          ZONE: zoneId,
          CERTIFICATE: uploaded.id,
          NAMES: names.join(" "),
          ...(apiToken ? { CLOUDFLARE_API_TOKEN: pulumi.secret(apiToken) } : {}),
        },
        // Each certificate has its own command, which is deleted before it.
        triggers: [uploaded.id],
        addPreviousOutputInEnv: false,
      },
      parent,
    );
    const associations = names.map(
      (hostname) =>
        new AuthenticatedOriginPulls(
          `${name}-${hostname}`,
          { zoneId, configs: [{ hostname, certId: uploaded.id, enabled: true }] },
          // Deletes the associations first; then `inUse` waits; then the certificate is deleted.
          { ...parent, dependsOn: inUse },
        ),
    );
    const associated = pulumi.all(associations.map(({ id }) => id));
    const shown = pulumi.all([zoneId, associated]).apply(async ([zone]) => {
      // A preview changes nothing, so there is nothing to wait for.
      if (pulumi.runtime.isDryRun()) return;
      const look = (hostname: string) => getAuthenticatedOriginPulls({ zoneId: zone, hostname }, parent);
      await awaitClientCertificate(names, look, (message) => void pulumi.log.info(message, this)).catch(
        ({ message }: Error) => {
          throw resourceRefusal(message, this);
        },
      );
    });

    this.certificate = signed.certPem;
    this.key = key.privateKeyPem;
    // The release uses this output, so nginx requires the certificate only once Cloudflare presents it for every name.
    this.authority = pulumi.all([authority.certificate, shown]).apply(([pem]) => pem);
    this.registerOutputs({ authority: this.authority, certificate: this.certificate, key: this.key });
  }
}
