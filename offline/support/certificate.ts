/** Creates real certificates for tests, signed with ECDSA and SHA-256, valid for a day. Supports only the needed part of X.509. */

import { createPublicKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";

/** A self-signed certificate for these names and IPv4 addresses, and its key. */
export function selfSigned(
  dnsNames: string[],
  ipv4Addresses: string[] = [],
): { certificate: string; certificateKey: string } {
  const key = newKey();
  const names = [
    ...dnsNames.map((name) => der(0x82, Buffer.from(name))),
    ...ipv4Addresses.map((address) => der(0x87, Buffer.from(address.split(".").map(Number)))),
  ];
  const subject = distinguishedName("jupyter-up tests");
  const extensions = [...endEntity("01"), extension("551d11", sequence(...names))];
  return { certificate: certificate(key, subject, key, subject, extensions), certificateKey: pemOf(key) };
}

/** A client certificate with its key, as Cloudflare presents it, and its authority, with which nginx verifies it. */
export function clientCertificate(): { clientAuthority: string; clientCertificate: string; clientKey: string } {
  const authorityKey = newKey();
  const clientKey = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
  const issuer = distinguishedName("jupyter-up tests: clients");
  const isAuthority = [
    // keyCertSign and cRLSign.
    criticalExtension("551d0f", Buffer.from("03020106", "hex")),
    criticalExtension("551d13", sequence(der(0x01, Buffer.of(0xff)))),
  ];
  return {
    clientAuthority: certificate(authorityKey, issuer, authorityKey, issuer, isAuthority),
    clientCertificate: certificate(clientKey, distinguishedName("client"), authorityKey, issuer, endEntity("02")),
    clientKey: pemOf(clientKey),
  };
}

const newKey = (): KeyObject => generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;

const pemOf = (key: KeyObject): string => key.export({ type: "pkcs8", format: "pem" }).toString();

/** RFC 5280's Certificate. */
function certificate(
  key: KeyObject,
  subject: Buffer,
  issuerKey: KeyObject,
  issuer: Buffer,
  extensions: Buffer[],
): string {
  const ecdsaWithSha256 = sequence(objectIdentifier("2a8648ce3d040302"));
  const day = 24 * 3600 * 1000;
  const content = sequence(
    // Version 3.
    der(0xa0, der(0x02, Buffer.of(2))),
    // A serial number is positive: its first bit is 0.
    der(0x02, Buffer.of(1), randomBytes(15)),
    ecdsaWithSha256,
    issuer,
    sequence(utcTime(Date.now()), utcTime(Date.now() + day)),
    subject,
    createPublicKey(key).export({ type: "spki", format: "der" }),
    der(0xa3, sequence(...extensions)),
  );
  const signature = der(0x03, Buffer.of(0), sign("sha256", content, issuerKey));
  const lines =
    sequence(content, ecdsaWithSha256, signature)
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  return ["-----BEGIN CERTIFICATE-----", ...lines, "-----END CERTIFICATE-----", ""].join("\n");
}

/** @param purpose the last number of id-kp: `01` for a server, `02` for a client */
function endEntity(purpose: string): Buffer[] {
  return [
    // digitalSignature.
    criticalExtension("551d0f", Buffer.from("03020780", "hex")),
    extension("551d25", sequence(objectIdentifier(`2b060105050703${purpose}`))),
    criticalExtension("551d13", sequence()),
  ];
}

const extension = (type: string, value: Buffer): Buffer => sequence(objectIdentifier(type), der(0x04, value));
const criticalExtension = (type: string, value: Buffer): Buffer =>
  sequence(objectIdentifier(type), der(0x01, Buffer.of(0xff)), der(0x04, value));

/** A distinguished name that consists only of a commonName. */
const distinguishedName = (commonName: string): Buffer =>
  sequence(der(0x31, sequence(objectIdentifier("550403"), der(0x0c, Buffer.from(commonName)))));

const utcTime = (time: number): Buffer =>
  der(0x17, Buffer.from(new Date(time).toISOString().replace(/^20|[-:T]|\.\d+/g, "")));

const sequence = (...parts: Buffer[]): Buffer => der(0x30, ...parts);
const objectIdentifier = (hex: string): Buffer => der(0x06, Buffer.from(hex, "hex"));

/** An element of ASN.1's DER: its tag, its length, its content. */
function der(tag: number, ...parts: Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const bytes = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.of(tag, ...bytes), content]);
}
