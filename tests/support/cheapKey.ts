import { createCipheriv, createHash, scryptSync } from "node:crypto";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";

/** restic's file of a key: the repository's own keys, encrypted with one that scrypt derives from the password. */
interface KeyFile {
  N: number;
  r: number;
  p: number;
  salt: string;
  data: string;
}

/**
 * Makes the key of a local repository of restic cheap to derive, so that each command takes a tenth of the CPU time. restic
 * itself makes only keys that take a second. https://restic.readthedocs.io/en/stable/100_references.html#keys-encryption-and-mac
 */
export function makeKeyCheap(repository: string, password: string): void {
  const folder = `${repository}/keys`;
  for (const name of readdirSync(folder)) {
    const key = JSON.parse(readFileSync(`${folder}/${name}`, "utf8")) as KeyFile;
    const cheap = { ...key, N: 2, r: 1, p: 1 };
    const data = Buffer.from(key.data, "base64");
    const [nonce, text] = [data.subarray(0, 16), data.subarray(16, -16)];
    const content = encrypted(nonce, encrypted(nonce, text, derived(key, password)), derived(cheap, password));
    const mac = poly1305(content, nonce, derived(cheap, password).subarray(32));
    const file = JSON.stringify({ ...cheap, data: Buffer.concat([nonce, content, mac]).toString("base64") });
    writeFileSync(`${folder}/${createHash("sha256").update(file).digest("hex")}`, file);
    rmSync(`${folder}/${name}`);
  }
}

/** 32 bytes for encryption, and 32 for the MAC. */
function derived({ N, r, p, salt }: KeyFile, password: string): Buffer {
  return scryptSync(password, Buffer.from(salt, "base64"), 64, { N, r, p, maxmem: 2 ** 28 });
}

/** AES-256 in counter mode, which decrypts, too. */
function encrypted(nonce: Buffer, text: Buffer, key: Buffer): Buffer {
  return createCipheriv("aes-256-ctr", key.subarray(0, 32), nonce).update(text);
}

/** Poly1305-AES. */
function poly1305(text: Buffer, nonce: Buffer, key: Buffer): Buffer {
  const number = (bytes: Buffer) => BigInt(`0x${Buffer.from(bytes).reverse().toString("hex")}`);
  const cipher = createCipheriv("aes-128-ecb", key.subarray(0, 16), null).setAutoPadding(false);
  const r = number(key.subarray(16, 32)) & 0x0ffffffc0ffffffc0ffffffc0fffffffn;
  let sum = 0n;
  for (let at = 0; at < text.length; at += 16)
    sum = ((sum + number(Buffer.concat([text.subarray(at, at + 16), Buffer.of(1)]))) * r) % ((1n << 130n) - 5n);
  const tag = (sum + number(cipher.update(nonce))) % (1n << 128n);
  return Buffer.from(tag.toString(16).padStart(32, "0"), "hex").reverse();
}
