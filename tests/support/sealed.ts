import { createHash, createHmac, randomBytes } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";

/** What an attacker could make who had a site's newest signing key: a value that is sealed as in files/services/nginx/session/seal.js. */
export function sealedWith(folder: string, purpose: string, value: object): string {
  const key = readdirSync(folder).sort().at(-1) ?? "";
  const text = Buffer.from(JSON.stringify(value)).toString("base64url");
  const secret = readFileSync(`${folder}/${key}`, "utf8");
  return `${key}.${text}.${createHmac("sha256", secret).update(`${purpose}\n${key}.${text}`).digest("base64url")}`;
}

/** The value in a sealed text, whoever sealed it. */
export function unsealed(sealed: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(sealed.split(".")[1] ?? "", "base64url").toString());
}

/**
 * The cookie's value of a new session of somebody who could not sign in. nginx takes it for one of its own, as that of a person who was
 * removed from the allow list a moment ago.
 * @param folder of the sessions.
 */
export function sessionOf(folder: string, rotation: string, person: string, host: string): string {
  const prefix = createHash("sha256").update(person).digest("hex").slice(0, 16);
  const id = `${prefix}-${randomBytes(16).toString("base64url")}`;
  const started = Date.now();
  writeFileSync(`${folder}/open/${id}`, JSON.stringify({ person, started, rotation }), { mode: 0o644 });
  const issued = Math.floor(started / 1000);
  const value = { person, id, host, issued, expires: issued + 3600 };
  return sealedWith(`${folder}/keys`, `session ${rotation}`, value);
}
