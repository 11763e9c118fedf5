import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign } from "node:crypto";
import { bitString, elements, nullValue, objectIdentifier, octetString, sequence } from "./der.ts";

export type KeyAlgorithm = "RSA" | "ECDSA" | "ED25519";

/** Throws unless the text is a private key of a kind that the real provider supports. */
export function readPrivateKey(pem: string): { key: KeyObject; algorithm: KeyAlgorithm } {
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch (error) {
    throw new Error(`Failed to parse private key PEM: ${(error as Error).message}`);
  }
  const algorithm = ({ rsa: "RSA", ec: "ECDSA", ed25519: "ED25519" } as const)[key.asymmetricKeyType as string];
  if (algorithm === undefined) throw new Error(`unsupported private key type: ${key.asymmetricKeyType}`);
  return { key, algorithm };
}

/** SubjectPublicKeyInfo, in DER. */
export function publicKeyInfo(key: KeyObject): Buffer {
  const publicKey = key.type === "private" ? createPublicKey(key) : key;
  return publicKey.export({ type: "spki", format: "der" });
}

/**
 * The subject key identifier: SHA-1 of the public key alone. The real provider hashes an Ed25519 key inside an OCTET
 * STRING, and so does this.
 */
export function subjectKeyIdentifier(key: KeyObject): Buffer {
  const info = publicKeyInfo(key);
  const bits = key.asymmetricKeyType === "ed25519" ? octetString(info.subarray(-32)) : publicKeyBits(info);
  return createHash("sha1").update(bits).digest();
}

function publicKeyBits(info: Buffer): Buffer {
  const [, bits] = elements(elements(info)[0]?.content ?? Buffer.alloc(0));
  // The first byte of a BIT STRING counts its unused bits.
  return (bits?.content ?? Buffer.alloc(1)).subarray(1);
}

/**
 * What certificates and requests share: a body, the algorithm, and the signature of the body. `body` creates the body,
 * because a certificate's body also names the algorithm.
 */
export function signed(key: KeyObject, body: (algorithm: Buffer) => Buffer): Buffer {
  const { identifier, hash } = signatureAlgorithm(key);
  const content = body(identifier);
  return sequence(content, identifier, bitString(sign(hash, content, key)));
}

function signatureAlgorithm(key: KeyObject): { identifier: Buffer; hash: string | null } {
  switch (key.asymmetricKeyType) {
    case "rsa":
      return { identifier: sequence(objectIdentifier("1.2.840.113549.1.1.11"), nullValue()), hash: "sha256" };
    case "ec": {
      const [number, hash] = ecdsaHashes[key.asymmetricKeyDetails?.namedCurve ?? ""] ?? [2, "sha256"];
      return { identifier: sequence(objectIdentifier(`1.2.840.10045.4.3.${number}`)), hash };
    }
    default:
      return { identifier: sequence(objectIdentifier("1.3.101.112")), hash: null };
  }
}

/** The hash that is as strong as the curve: ecdsa-with-SHA256 (2), -SHA384 (3), -SHA512 (4). */
const ecdsaHashes: Record<string, [number, string]> = {
  secp384r1: [3, "sha384"],
  secp521r1: [4, "sha512"],
};
