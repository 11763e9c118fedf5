import { createPublicKey, generateKeyPair, type KeyObject, randomBytes, sign, verify } from "node:crypto";
import { promisify } from "node:util";

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");

/** The RSA key that signs tokens (RS256); a new one at each start, as with Dex's memory storage. */
export class SigningKey {
  readonly #id = randomBytes(20).toString("hex");
  readonly #key: KeyObject;

  private constructor(key: KeyObject) {
    this.#key = key;
  }

  static async generate(): Promise<SigningKey> {
    const { privateKey } = await promisify(generateKeyPair)("rsa", { modulusLength: 2048 });
    return new SigningKey(privateKey);
  }

  /** The key set with which clients verify signatures. */
  jwks(): object {
    const { kty, n, e } = createPublicKey(this.#key).export({ format: "jwk" });
    return { keys: [{ use: "sig", kty, kid: this.#id, alg: "RS256", n, e }] };
  }

  /** A signed JWT with these claims. */
  sign(claims: object): string {
    const signed = `${encode({ alg: "RS256", kid: this.#id })}.${encode(claims)}`;
    return `${signed}.${sign("sha256", Buffer.from(signed), this.#key).toString("base64url")}`;
  }

  /** The claims of a JWT that this key signed; undefined for any other text. */
  verify(token: string): Record<string, unknown> | undefined {
    const [header = "", payload = "", signature = "", ...more] = token.split(".");
    const key = createPublicKey(this.#key);
    const signed = Buffer.from(`${header}.${payload}`);
    if (more.length > 0 || !verify("sha256", signed, key, Buffer.from(signature, "base64url"))) return undefined;
    return JSON.parse(Buffer.from(payload, "base64url").toString("utf8")) as Record<string, unknown>;
  }
}
