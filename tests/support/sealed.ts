import { createHash, createHmac, randomBytes } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";

/** A text that is signed with a site's newest key, as in files/services/nginx/session/seal.js. No attacker has that key. */
export function signedWith(folder: string, purpose: string, text: string): string {
  const key = readdirSync(folder).sort().at(-1) ?? "";
  const secret = readFileSync(`${folder}/${key}`, "utf8");
  return `${key}.${text}.${createHmac("sha256", secret).update(`${purpose}\n${key}.${text}`).digest("base64url")}`;
}

/** A value that is sealed with a site's newest key. */
export const sealedWith = (folder: string, purpose: string, value: object) =>
  signedWith(folder, purpose, Buffer.from(JSON.stringify(value)).toString("base64url"));

/** The value in a sealed text. The signature is not checked. */
export function unsealed(sealed: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(sealed.split(".")[1] ?? "", "base64url").toString());
}

/** What the cookie of a session says. */
export interface SessionCookie {
  id: string;
  /** In seconds. */
  expires: number;
  person: string;
}

/** What a session's cookie, or its value, says. The signature is not checked. */
export function sessionIn(cookie: string): SessionCookie {
  const [, id = "", expires, person = ""] = /\.([0-9a-f]{16}-[\w-]{22})\.(\d+)\.(.+)\.[\w-]{43}$/.exec(cookie) ?? [];
  return { id, expires: Number(expires), person };
}

/** The text of a session's cookie, which nginx signs. */
export const textOf = ({ id, expires, person }: SessionCookie) => `${id}.${expires}.${person}`;

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
  const expires = Math.floor(started / 1000) + 3600;
  return signedWith(`${folder}/keys`, `session ${rotation} ${host}`, textOf({ id, expires, person }));
}
