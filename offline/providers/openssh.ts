/** Keys in OpenSSH's own formats. */

import { createHash, type JsonWebKey, type KeyObject, randomBytes } from "node:crypto";
import { toPem } from "./pem.ts";

export type OpensshKeys = {
  privateKeyOpenssh: string;
  publicKeyOpenssh: string;
  publicKeyFingerprintMd5: string;
  publicKeyFingerprintSha256: string;
};

/** Of a private key; all are empty for curve P224, which OpenSSH does not support. */
export function opensshKeys(key: KeyObject): OpensshKeys {
  if (key.asymmetricKeyDetails?.namedCurve === "secp224r1") {
    return { privateKeyOpenssh: "", publicKeyOpenssh: "", publicKeyFingerprintMd5: "", publicKeyFingerprintSha256: "" };
  }
  const { type, publicFields, privateFields } = fields(key.export({ format: "jwk" }));
  const publicKey = Buffer.concat([string(type), ...publicFields]);
  const md5 = createHash("md5").update(publicKey).digest("hex");
  const sha256 = createHash("sha256").update(publicKey).digest("base64");
  return {
    privateKeyOpenssh: privateKeyFile(publicKey, Buffer.concat([string(type), ...privateFields])),
    publicKeyOpenssh: `${type} ${publicKey.toString("base64")}\n`,
    publicKeyFingerprintMd5: md5.match(/../g)?.join(":") ?? "",
    publicKeyFingerprintSha256: `SHA256:${sha256.replace(/=+$/, "")}`,
  };
}

interface KeyFields {
  type: string;
  publicFields: Buffer[];
  privateFields: Buffer[];
}

function fields(jwk: JsonWebKey): KeyFields {
  const part = (name: keyof JsonWebKey) => Buffer.from((jwk[name] as string | undefined) ?? "", "base64url");
  if (jwk.kty === "OKP") {
    const publicFields = [string(part("x"))];
    return {
      type: "ssh-ed25519",
      publicFields,
      privateFields: [...publicFields, string(Buffer.concat([part("d"), part("x")]))],
    };
  }
  if (jwk.kty === "EC") {
    const curve = `nistp${jwk.crv?.slice(2)}`;
    const publicFields = [string(curve), string(Buffer.concat([Buffer.of(4), part("x"), part("y")]))];
    return { type: `ecdsa-sha2-${curve}`, publicFields, privateFields: [...publicFields, number(part("d"))] };
  }
  return {
    type: "ssh-rsa",
    publicFields: [number(part("e")), number(part("n"))],
    privateFields: (["n", "e", "d", "qi", "p", "q"] as const).map((name) => number(part(name))),
  };
}

/** openssh-key-v1, not encrypted. */
function privateKeyFile(publicKey: Buffer, privateKey: Buffer): string {
  const check = randomBytes(4);
  const comment = string("");
  const secret = Buffer.concat([check, check, privateKey, comment]);
  const padding = Buffer.from(Array.from({ length: (8 - (secret.length % 8)) % 8 }, (_, index) => index + 1));
  return toPem(
    "OPENSSH PRIVATE KEY",
    Buffer.concat([
      Buffer.from("openssh-key-v1\0"),
      string("none"), // cipher
      string("none"), // key derivation
      string(""), // its options
      uint32(1), // number of keys
      string(publicKey),
      string(Buffer.concat([secret, padding])),
    ]),
  );
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function string(value: string | Buffer): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([uint32(bytes.length), bytes]);
}

/** An integer: no leading zeros, except one where the first bit would make it negative. */
function number(bytes: Buffer): Buffer {
  const start = bytes.findIndex((byte) => byte !== 0);
  const significant = start < 0 ? Buffer.alloc(0) : bytes.subarray(start);
  return string((significant[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.of(0), significant]) : significant);
}
