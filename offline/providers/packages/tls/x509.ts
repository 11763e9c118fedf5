/** X.509 certificates and PKCS #10 requests: creates them, and reads what signing needs. */

import { createPublicKey, type KeyObject, randomBytes, X509Certificate } from "node:crypto";
import { fromPem, toPem } from "../../pem.ts";
import {
  boolean,
  type Element,
  elements,
  integer,
  namedBits,
  objectIdentifier,
  octetString,
  sequence,
  setOf,
  tagged,
  time,
} from "./der.ts";
import { publicKeyInfo, signed } from "./keys.ts";

export type KeyUsage = keyof typeof keyUsages;
export type ExtendedKeyUsage = keyof typeof extendedKeyUsages;

/** Names of the real provider's `allowedUses`, with their bit in KeyUsage. */
const keyUsages = {
  digital_signature: 0,
  content_commitment: 1,
  key_encipherment: 2,
  data_encipherment: 3,
  key_agreement: 4,
  cert_signing: 5,
  crl_signing: 6,
  encipher_only: 7,
  decipher_only: 8,
};

/** Names of the real provider's `allowedUses`, with their purpose in ExtendedKeyUsage. */
const extendedKeyUsages = {
  any_extended: "2.5.29.37.0",
  server_auth: "1.3.6.1.5.5.7.3.1",
  client_auth: "1.3.6.1.5.5.7.3.2",
  code_signing: "1.3.6.1.5.5.7.3.3",
  email_protection: "1.3.6.1.5.5.7.3.4",
  ipsec_end_system: "1.3.6.1.5.5.7.3.5",
  ipsec_tunnel: "1.3.6.1.5.5.7.3.6",
  ipsec_user: "1.3.6.1.5.5.7.3.7",
  timestamping: "1.3.6.1.5.5.7.3.8",
  ocsp_signing: "1.3.6.1.5.5.7.3.9",
  microsoft_server_gated_crypto: "1.3.6.1.4.1.311.10.3.3",
  netscape_server_gated_crypto: "2.16.840.1.113730.4.1",
  microsoft_commercial_code_signing: "1.3.6.1.4.1.311.2.1.22",
  microsoft_kernel_code_signing: "1.3.6.1.4.1.311.61.1.1",
};

export type AllowedUse = KeyUsage | ExtendedKeyUsage;

export const allowedUseNames: readonly string[] = [...Object.keys(keyUsages), ...Object.keys(extendedKeyUsages)].sort();

export interface CertificateContent {
  /** A distinguished name, in DER. */
  readonly subject: Buffer;
  readonly issuer: Buffer;
  /** SubjectPublicKeyInfo, in DER. */
  readonly publicKeyInfo: Buffer;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly allowedUses: readonly AllowedUse[];
  readonly isCa: boolean;
  /** How many authorities may follow below; undefined for any number. Only for an authority. */
  readonly maxPathLength?: number | undefined;
  readonly subjectKeyId?: Buffer | undefined;
  readonly authorityKeyId?: Buffer | undefined;
  /** GeneralNames, in DER. */
  readonly alternativeNames?: Buffer | undefined;
}

/** Signs a certificate with the issuer's key, under a random serial number. */
export function createCertificate(content: CertificateContent, issuerKey: KeyObject): { pem: string; serial: bigint } {
  const serial = BigInt(`0x${randomBytes(16).toString("hex")}`);
  const der = signed(issuerKey, (algorithm) =>
    sequence(
      tagged(0, "explicit", integer(2)), // version 3
      integer(serial),
      algorithm,
      content.issuer,
      sequence(time(content.notBefore), time(content.notAfter)),
      content.subject,
      content.publicKeyInfo,
      tagged(3, "explicit", sequence(...certificateExtensions(content))),
    ),
  );
  return { pem: toPem("CERTIFICATE", der), serial };
}

/** `names`: GeneralNames, in DER. */
export function createRequest(
  subject: Buffer,
  names: Buffer | undefined,
  key: KeyObject,
): { pem: string; der: Buffer } {
  const requested =
    names === undefined
      ? Buffer.alloc(0)
      : sequence(objectIdentifier(oid.extensionRequest), setOf(sequence(alternativeNameExtension(subject, names))));
  const der = signed(key, () => sequence(integer(0), subject, publicKeyInfo(key), tagged(0, "explicit", requested)));
  return { pem: toPem("CERTIFICATE REQUEST", der), der };
}

const oid = {
  extensionRequest: "1.2.840.113549.1.9.14",
  subjectKeyId: "2.5.29.14",
  keyUsage: "2.5.29.15",
  alternativeNames: "2.5.29.17",
  basicConstraints: "2.5.29.19",
  authorityKeyId: "2.5.29.35",
  extendedKeyUsage: "2.5.29.37",
};

function certificateExtensions(content: CertificateContent): Buffer[] {
  const bits = content.allowedUses.flatMap((use) => (use in keyUsages ? [keyUsages[use as KeyUsage]] : []));
  const purposes = content.allowedUses.flatMap((use) =>
    use in extendedKeyUsages ? [objectIdentifier(extendedKeyUsages[use as ExtendedKeyUsage])] : [],
  );
  const { subject, isCa, maxPathLength, subjectKeyId, authorityKeyId, alternativeNames } = content;
  const constraints = [
    ...(isCa ? [boolean(true)] : []),
    ...(maxPathLength === undefined ? [] : [integer(maxPathLength)]),
  ];
  return [
    ...(bits.length > 0 ? [extension(oid.keyUsage, true, namedBits(bits))] : []),
    ...(purposes.length > 0 ? [extension(oid.extendedKeyUsage, false, sequence(...purposes))] : []),
    extension(oid.basicConstraints, true, sequence(...constraints)),
    ...(subjectKeyId ? [extension(oid.subjectKeyId, false, octetString(subjectKeyId))] : []),
    ...(authorityKeyId ? [extension(oid.authorityKeyId, false, sequence(tagged(0, "implicit", authorityKeyId)))] : []),
    ...(alternativeNames ? [alternativeNameExtension(subject, alternativeNames)] : []),
  ];
}

/** With an empty subject, the alternative names are all there is, so they are marked critical. */
function alternativeNameExtension(subject: Buffer, names: Buffer): Buffer {
  return extension(oid.alternativeNames, subject.equals(sequence()), names);
}

function extension(type: string, critical: boolean, value: Buffer): Buffer {
  return sequence(objectIdentifier(type), ...(critical ? [boolean(true)] : []), octetString(value));
}

export interface RequestContent {
  readonly subject: Buffer;
  readonly publicKeyInfo: Buffer;
  readonly publicKey: KeyObject;
  readonly alternativeNames: Buffer | undefined;
}

/** What a certificate for this request needs. Throws if the text is not a request. */
export function readRequest(pem: string): RequestContent {
  const [info] = inside(elements(fromPem("CERTIFICATE REQUEST", pem))[0]);
  const [, subject, publicKeyInfo, attributes] = inside(info);
  if (subject === undefined || publicKeyInfo === undefined) throw new Error("the certificate request is incomplete");
  const request = inside(attributes).find((attribute) => isOfType(attribute, oid.extensionRequest));
  const [, values] = inside(request);
  return {
    subject: subject.whole,
    publicKeyInfo: publicKeyInfo.whole,
    publicKey: createPublicKey({ key: publicKeyInfo.whole, format: "der", type: "spki" }),
    alternativeNames: extensionValue(inside(inside(values)[0]), oid.alternativeNames),
  };
}

export interface AuthorityContent {
  readonly certificate: X509Certificate;
  readonly subject: Buffer;
  readonly subjectKeyId: Buffer | undefined;
}

/** What signing with this authority needs. Throws if the text is not a certificate. */
export function readAuthority(pem: string): AuthorityContent {
  const der = fromPem("CERTIFICATE", pem);
  const [body] = inside(elements(der)[0]);
  const parts = inside(body);
  // The version is left out in version 1.
  const [, , , , subject] = parts[0]?.tag === 0xa0 ? parts.slice(1) : parts;
  if (subject === undefined) throw new Error("the certificate is incomplete");
  const extensions = inside(inside(parts.find(({ tag }) => tag === 0xa3))[0]);
  const keyId = extensionValue(extensions, oid.subjectKeyId);
  return {
    certificate: new X509Certificate(der),
    subject: subject.whole,
    subjectKeyId: keyId && elements(keyId)[0]?.content,
  };
}

function inside(element: Element | undefined): Element[] {
  return element === undefined ? [] : elements(element.content);
}

function isOfType(element: Element, type: string): boolean {
  return inside(element)[0]?.whole.equals(objectIdentifier(type)) ?? false;
}

/** An extension is its type, perhaps `critical`, and its value inside an OCTET STRING. */
function extensionValue(extensions: readonly Element[], type: string): Buffer | undefined {
  return inside(extensions.find((candidate) => isOfType(candidate, type))).at(-1)?.content;
}
