import { createHmac } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";

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
