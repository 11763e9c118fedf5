/** Certificates that the edge shows to origins, and for which host names it does. */

import { createPrivateKey, X509Certificate } from "node:crypto";
import type { Cloud } from "../../../cloud/folder.ts";
import { listRecords, readRecord } from "../../../cloud/records.ts";
import type { KeyPair } from "../../../edge/state.ts";
import { elements, objectIdentifier } from "../tls/der.ts";
import { Refusal } from "./api.ts";

export const certificateType =
  "cloudflare:index/authenticatedOriginPullsHostnameCertificate:AuthenticatedOriginPullsHostnameCertificate";
export const associationType = "cloudflare:index/authenticatedOriginPulls:AuthenticatedOriginPulls";

export const hostnamesPath = (zoneId: string) => `/zones/${zoneId}/origin_tls_client_auth/hostnames`;
export const certificatePath = (zoneId: string, id: string) => `${hostnamesPath(zoneId).slice(1)}/certificates/${id}`;
export const associationPath = (zoneId: string, hostname: string) => `${hostnamesPath(zoneId).slice(1)}/${hostname}`;

export type UploadedCertificate = KeyPair & { readonly uploadedOn: string };

export type Association = {
  readonly hostname: string;
  readonly zoneId: string;
  readonly certId: string;
  readonly enabled: boolean;
  readonly createdAt: string;
  readonly updatedAt: string;
};

export async function findCertificate(
  cloud: Cloud,
  zoneId: string,
  id: string,
): Promise<UploadedCertificate | undefined> {
  return (await readRecord<UploadedCertificate>(cloud, certificatePath(zoneId, id)))?.properties;
}

/** The certificates that the edge shows, by host name. */
export async function shownCertificates(cloud: Cloud): Promise<Record<string, KeyPair>> {
  const shown: Record<string, KeyPair> = {};
  for (const { properties } of await listRecords<Association>(cloud, associationType)) {
    const { hostname, zoneId, certId, enabled } = properties;
    const pair = enabled ? await findCertificate(cloud, zoneId, certId) : undefined;
    if (pair !== undefined) shown[hostname] = { certificate: pair.certificate, privateKey: pair.privateKey };
  }
  return shown;
}

/** Throws as the API does, though not in its words, for a pair that is none. */
export function requirePair({ certificate, privateKey }: KeyPair): void {
  const refuse = (message: string) => new Refusal(400, { code: 1412, message });
  let x509: X509Certificate;
  try {
    x509 = new X509Certificate(certificate);
  } catch {
    throw refuse("The certificate is invalid: it is no PEM-encoded X.509 certificate.");
  }
  let fits: boolean;
  try {
    fits = x509.checkPrivateKey(createPrivateKey(privateKey));
  } catch {
    throw refuse("The private key is invalid: it is no PEM-encoded private key.");
  }
  if (!fits) throw refuse("The private key does not match the certificate.");
}

/** What the API says of a certificate. */
export function describe(certificate: string): {
  expiresOn: string;
  issuer: string;
  serialNumber: string;
  signature: string;
} {
  const x509 = new X509Certificate(certificate);
  return {
    expiresOn: new Date(x509.validTo).toISOString(),
    issuer: /^CN=(.*)$/m.exec(x509.issuer)?.[1] ?? "",
    serialNumber: BigInt(`0x${x509.serialNumber}`).toString(),
    signature: signatureName(x509.raw),
  };
}

const signatures: Record<string, string> = {
  "1.2.840.113549.1.1.11": "SHA256WithRSA",
  "1.2.840.10045.4.3.2": "ECDSAWithSHA256",
  "1.2.840.10045.4.3.3": "ECDSAWithSHA384",
  "1.2.840.10045.4.3.4": "ECDSAWithSHA512",
  "1.3.101.112": "Ed25519",
};

/** A certificate is its content, the algorithm of its signature, and the signature. */
function signatureName(der: Buffer): string {
  const [, algorithm] = elements(elements(der)[0]?.content ?? Buffer.alloc(0));
  const [type] = elements(algorithm?.content ?? Buffer.alloc(0));
  return Object.entries(signatures).find(([oid]) => type?.whole.equals(objectIdentifier(oid)))?.[1] ?? "unknown";
}
