/** Cloudflare's certificate authorities: those for origins, and the public one that signs the edge's certificates. */

import { createHash, createPrivateKey, generateKeyPairSync, type KeyObject, X509Certificate } from "node:crypto";
import { join } from "node:path";
import { createJson, readJson } from "../../../cloud/files.ts";
import type { Cloud } from "../../../cloud/folder.ts";
import type { KeyPair } from "../../../edge/state.ts";
import { publicKeyInfo, subjectKeyIdentifier } from "../tls/keys.ts";
import { alternativeNames, distinguishedName, type Subject } from "../tls/names.ts";
import { type AllowedUse, createCertificate, readAuthority } from "../tls/x509.ts";

const company = { organization: "CloudFlare, Inc. (fake)", country: "US" };

const subjects = {
  "origin-rsa": { ...company, organizationalUnit: "CloudFlare Origin SSL Certificate Authority" },
  "origin-ecc": { ...company, organizationalUnit: "CloudFlare Origin SSL ECC Certificate Authority" },
  public: { ...company, commonName: "Public CA of the fake Cloudflare" },
} satisfies Record<string, Subject>;

export type AuthorityName = keyof typeof subjects;

const millisecondsPerDay = 86_400_000;

/** An authority of this cloud; created on first use. */
export async function authority(cloud: Cloud, name: AuthorityName): Promise<KeyPair> {
  return kept(cloud, name, () => {
    const key = newKey(name === "origin-rsa" ? "rsa" : "ec");
    const subject = distinguishedName(subjects[name]);
    const { pem } = createCertificate(
      {
        subject,
        issuer: subject,
        publicKeyInfo: publicKeyInfo(key),
        ...period(3650),
        allowedUses: ["cert_signing", "crl_signing"],
        isCa: true,
        subjectKeyId: subjectKeyIdentifier(key),
      },
      key,
    );
    return { certificate: pem, privateKey: pemOf(key) };
  });
}

/**
 * The edge's certificate for a domain and the names one level below, which every zone has, followed by the authority's.
 */
export async function edgeCertificate(cloud: Cloud, domain: string): Promise<KeyPair> {
  const signer = await authority(cloud, "public");
  return kept(cloud, `edge ${domain}`, () => {
    const key = newKey("ec");
    const { pem } = sign(signer, {
      subject: { commonName: domain },
      publicKeyInfo: publicKeyInfo(key),
      names: [domain, `*.${domain}`],
      days: 90,
      uses: ["digital_signature", "server_auth"],
    });
    return { certificate: pem + signer.certificate, privateKey: pemOf(key) };
  });
}

/** The public authority in the form that Chromium accepts: the value of `--ignore-certificate-errors-spki-list`. */
export async function publicAuthorityPin(cloud: Cloud): Promise<string> {
  const { publicKey } = new X509Certificate((await authority(cloud, "public")).certificate);
  return createHash("sha256").update(publicKeyInfo(publicKey)).digest("base64");
}

/** What an authority signs. */
export interface Issue {
  readonly subject: Subject;
  /** SubjectPublicKeyInfo, in DER. */
  readonly publicKeyInfo: Buffer;
  /** Host names. */
  readonly names: readonly string[];
  readonly days: number;
  readonly uses: readonly AllowedUse[];
}

/** Signs a certificate with an authority's key. */
export function sign(
  signer: KeyPair,
  { subject, publicKeyInfo, names, days, uses }: Issue,
): { pem: string; serial: bigint; notAfter: Date } {
  const issuer = readAuthority(signer.certificate);
  const { notBefore, notAfter } = period(days);
  const { pem, serial } = createCertificate(
    {
      subject: distinguishedName(subject),
      issuer: issuer.subject,
      publicKeyInfo,
      notBefore,
      notAfter,
      allowedUses: uses,
      isCa: false,
      authorityKeyId: issuer.subjectKeyId,
      alternativeNames: alternativeNames({ dnsNames: [...names] }),
    },
    createPrivateKey(signer.privateKey),
  );
  return { pem, serial, notAfter };
}

/** A key pair of this cloud; if two are created at once, the first one written counts. */
async function kept(cloud: Cloud, name: string, make: () => KeyPair): Promise<KeyPair> {
  const path = join(cloud.folder, "authorities", `${name}.json`);
  const pair = await readJson<KeyPair>(path);
  if (pair !== undefined) return pair;
  await createJson(path, make());
  return kept(cloud, name, make);
}

/** Clocks differ, so a certificate is valid from five minutes ago. */
function period(days: number): { notBefore: Date; notAfter: Date } {
  const now = Date.now();
  return { notBefore: new Date(now - 300_000), notAfter: new Date(now + days * millisecondsPerDay) };
}

function newKey(kind: "rsa" | "ec"): KeyObject {
  return kind === "rsa"
    ? generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey
    : generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
}

function pemOf(key: KeyObject): string {
  return key.export({ type: "pkcs8", format: "pem" }).toString();
}
