/**
 * Client certificates that the edge presents to origins, and the host names they are for.
 *
 * Cloudflare answers a request before it has carried it out: a certificate is `pending_deployment` before it is
 * `active`, and so is an association. A certificate cannot be deleted before it is active (1434), nor while an
 * association uses it (1433). An association that was voided (a PUT with `enabled: null`) still uses it for some time.
 *
 * Checked in November 2026 against Cloudflare's Terraform provider 5.22 (`authenticated_origin_pulls` and
 * `..._hostname_certificate`: one request each, no wait and no retry), its version 4.52 (which waited for `active`),
 * and the source of another program for the same API (statuses, codes, and that a voided association can be read for
 * seconds, rarely minutes). Unknown, and assumed here: the HTTP status of 1433 and 1434 (400), and what the edge
 * presents while an association changes to another certificate (none).
 */

import { createPrivateKey, X509Certificate } from "node:crypto";
import { join } from "node:path";
import { readJson, writeJson } from "../../../cloud/files.ts";
import type { Cloud } from "../../../cloud/folder.ts";
import { deleteRecord, listRecords, readRecord } from "../../../cloud/records.ts";
import type { KeyPair, ShownCertificate } from "../../../edge/state.ts";
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
  /** Null: voided. */
  readonly enabled: boolean | null;
  readonly createdAt: string;
  readonly updatedAt: string;
};

export type Status = "pending_deployment" | "pending_deletion" | "active";

/** Duration of each step, in milliseconds; at Cloudflare, they take seconds to minutes. */
export interface Durations {
  /** Until a certificate is active. */
  readonly certificate: number;
  /** Until an association is active. */
  readonly association: number;
  /** Until a voided association stops using its certificate. */
  readonly voiding: number;
}

const usual: Durations = { certificate: 3000, association: 1500, voiding: 2000 };
const durationsFile = (cloud: Cloud) => join(cloud.folder, "client-certificates.json");

/** Changes the durations of this cloud. For tests. */
export async function setDurations(cloud: Cloud, durations: Partial<Durations>): Promise<void> {
  await writeJson(durationsFile(cloud), durations);
}

const durationsOf = async (cloud: Cloud): Promise<Durations> => ({
  ...usual,
  ...(await readJson(durationsFile(cloud))),
});
const after = (time: string, milliseconds: number) => Date.parse(time) + milliseconds;

export async function findCertificate(
  cloud: Cloud,
  zoneId: string,
  id: string,
): Promise<UploadedCertificate | undefined> {
  return (await readRecord<UploadedCertificate>(cloud, certificatePath(zoneId, id)))?.properties;
}

export async function certificateStatus(cloud: Cloud, { uploadedOn }: UploadedCertificate): Promise<Status> {
  const { certificate } = await durationsOf(cloud);
  return Date.now() < after(uploadedOn, certificate) ? "pending_deployment" : "active";
}

/** An association as it can be read: a voided one stays readable until it is settled. */
export async function findAssociation(
  cloud: Cloud,
  zoneId: string,
  hostname: string,
): Promise<(Association & { status: Status }) | undefined> {
  const found = (await readRecord<Association>(cloud, associationPath(zoneId, hostname)))?.properties;
  if (found === undefined) return undefined;
  const { association, voiding } = await durationsOf(cloud);
  if (found.enabled === null)
    return Date.now() < after(found.updatedAt, voiding) ? { ...found, status: "pending_deletion" } : undefined;
  return { ...found, status: Date.now() < after(found.updatedAt, association) ? "pending_deployment" : "active" };
}

/** Throws as the API does while a certificate cannot be deleted. Forgets its voided associations otherwise. */
export async function requireUnused(cloud: Cloud, zoneId: string, id: string): Promise<void> {
  const certificate = await findCertificate(cloud, zoneId, id);
  if (certificate === undefined) throw new Refusal(404, { code: 1552, message: "Hostname certificate not found." });
  if ((await certificateStatus(cloud, certificate)) === "pending_deployment") {
    throw new Refusal(400, { code: 1434, message: "Cannot delete resource while in pending deployment state." });
  }
  const all = await listRecords<Association>(cloud, associationType);
  const hostnames = all.flatMap(({ properties }) => (properties.certId === id ? [properties.hostname] : []));
  const users = await Promise.all(hostnames.map((hostname) => findAssociation(cloud, zoneId, hostname)));
  if (users.some((user) => user !== undefined)) {
    throw new Refusal(400, { code: 1433, message: "Certificate is in use by a hostname association." });
  }
  for (const hostname of hostnames) await deleteRecord(cloud, associationPath(zoneId, hostname));
}

/** The certificates that the edge presents, by host name. */
export async function shownCertificates(cloud: Cloud): Promise<Record<string, ShownCertificate>> {
  const durations = await durationsOf(cloud);
  const shown: Record<string, ShownCertificate> = {};
  for (const { properties } of await listRecords<Association>(cloud, associationType)) {
    const { hostname, zoneId, certId, enabled, updatedAt } = properties;
    const pair = enabled ? await findCertificate(cloud, zoneId, certId) : undefined;
    if (pair === undefined) continue;
    const { certificate, privateKey, uploadedOn } = pair;
    const from = Math.max(after(uploadedOn, durations.certificate), after(updatedAt, durations.association));
    shown[hostname] = { certificate, privateKey, from };
  }
  return shown;
}

/** Throws as the API does, but with other texts, for an invalid pair. */
export function requirePair({ certificate, privateKey }: KeyPair): void {
  const refuse = (message: string) => new Refusal(400, { code: 1412, message });
  let x509: X509Certificate;
  try {
    x509 = new X509Certificate(certificate);
  } catch {
    throw refuse("The certificate is invalid: it is not a PEM-encoded X.509 certificate.");
  }
  let fits: boolean;
  try {
    fits = x509.checkPrivateKey(createPrivateKey(privateKey));
  } catch {
    throw refuse("The private key is invalid: it is not a PEM-encoded private key.");
  }
  if (!fits) throw refuse("The private key does not match the certificate.");
}

/** The API's description of a certificate. */
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

/** A certificate consists of its content, the algorithm of its signature, and the signature. */
function signatureName(der: Buffer): string {
  const [, algorithm] = elements(elements(der)[0]?.content ?? Buffer.alloc(0));
  const [type] = elements(algorithm?.content ?? Buffer.alloc(0));
  return Object.entries(signatures).find(([oid]) => type?.whole.equals(objectIdentifier(oid)))?.[1] ?? "unknown";
}
