import { createCipheriv, createHash, scryptSync } from "node:crypto";
import { chownSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";

/** restic's file of a key: the repository's own keys, encrypted with one that scrypt derives from the password. */
interface KeyFile {
  N: number;
  r: number;
  p: number;
  salt: string;
  data: string;
}

/** The files of keys in a repository, by name. */
export interface KeyFiles {
  names(): string[];
  read(name: string): string | Promise<string>;
  write(name: string, text: string): void | Promise<void>;
  remove(name: string): void | Promise<void>;
}

/** The keys of a repository on this machine. */
export function keysIn(repository: string): KeyFiles {
  const folder = `${repository}/keys`;
  return {
    names: () => readdirSync(folder),
    read: (name) => readFileSync(`${folder}/${name}`, "utf8"),
    write(name, text) {
      const { uid, gid } = statSync(folder);
      writeFileSync(`${folder}/${name}`, text, { mode: 0o600 });
      chownSync(`${folder}/${name}`, uid, gid);
    },
    remove: (name) => rmSync(`${folder}/${name}`),
  };
}

/**
 * Makes the key of a repository of restic cheap to derive, so that each command takes a seventh of the CPU time. restic itself
 * makes only expensive keys. https://restic.readthedocs.io/en/stable/100_references.html#keys-encryption-and-mac
 */
export async function makeKeyCheap(keys: KeyFiles, password: string): Promise<void> {
  for (const name of keys.names()) {
    const file = cheapened(await keys.read(name), password);
    await keys.write(createHash("sha256").update(file).digest("hex"), file);
    await keys.remove(name);
  }
}

/** The same key in another file. */
function cheapened(file: string, password: string): string {
  const key = JSON.parse(file) as KeyFile;
  const cheap = { ...key, N: 2, r: 1, p: 1 };
  const data = Buffer.from(key.data, "base64");
  const [nonce, text] = [data.subarray(0, 16), data.subarray(16, -16)];
  const content = encrypted(nonce, encrypted(nonce, text, derived(key, password)), derived(cheap, password));
  const mac = poly1305(content, nonce, derived(cheap, password).subarray(32));
  return JSON.stringify({ ...cheap, data: Buffer.concat([nonce, content, mac]).toString("base64") });
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
