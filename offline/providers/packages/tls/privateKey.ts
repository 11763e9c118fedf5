import { createHash, createPublicKey, generateKeyPair, type KeyObject } from "node:crypto";
import { promisify } from "node:util";
import { type OpensshKeys, opensshKeys } from "../../openssh.ts";
import type { CheckFailure, ResourceType } from "../../resource.ts";
import { isOneOf } from "./checks.ts";
import { type KeyAlgorithm, publicKeyInfo } from "./keys.ts";

type PrivateKeyInputs = {
  algorithm: KeyAlgorithm;
  /** Default: P224. */
  ecdsaCurve?: "P224" | "P256" | "P384" | "P521";
  /** Default: 2048. */
  rsaBits?: number;
};

type PrivateKeyOutputs = OpensshKeys & { privateKeyPem: string; privateKeyPemPkcs8: string; publicKeyPem: string };

/** `tls:index/privateKey:PrivateKey` */
export const privateKey: ResourceType<PrivateKeyInputs, PrivateKeyOutputs> = {
  outputs: [
    "privateKeyOpenssh",
    "privateKeyPem",
    "privateKeyPemPkcs8",
    "publicKeyFingerprintMd5",
    "publicKeyFingerprintSha256",
    "publicKeyOpenssh",
    "publicKeyPem",
  ],
  replaceOnChanges: ["algorithm", "ecdsaCurve", "rsaBits"],

  normalize: (inputs) => ({ ecdsaCurve: "P224", rsaBits: 2048, ...inputs }),

  check: ({ algorithm, ecdsaCurve }): CheckFailure[] => [
    ...isOneOf("algorithm", algorithm, ["RSA", "ECDSA", "ED25519"]),
    ...isOneOf("ecdsaCurve", ecdsaCurve, ["P224", "P256", "P384", "P521"]),
  ],

  async create(inputs) {
    const key = await generate(inputs);
    const info = publicKeyInfo(key);
    const outputs = {
      ...opensshKeys(key),
      privateKeyPem: traditionalPem(key),
      privateKeyPemPkcs8: key.export({ type: "pkcs8", format: "pem" }).toString(),
      publicKeyPem: createPublicKey(key).export({ type: "spki", format: "pem" }).toString(),
    };
    return { id: createHash("sha1").update(info).digest("hex"), outputs };
  },
};

async function generate({ algorithm, ecdsaCurve = "P224", rsaBits = 2048 }: PrivateKeyInputs): Promise<KeyObject> {
  const generated = promisify(generateKeyPair);
  switch (algorithm) {
    case "RSA":
      return (await generated("rsa", { modulusLength: rsaBits })).privateKey;
    case "ECDSA":
      return (await generated("ec", { namedCurve: ecdsaCurve.replace("P", "P-") })).privateKey;
    case "ED25519":
      return (await generated("ed25519")).privateKey;
  }
}

/** Each kind of key in its format from before PKCS #8, if it has one. */
function traditionalPem(key: KeyObject): string {
  const type = ({ rsa: "pkcs1", ec: "sec1" } as const)[key.asymmetricKeyType as string] ?? "pkcs8";
  return key.export({ type, format: "pem" }).toString();
}
