import { createHmac, timingSafeEqual } from "node:crypto";
import type { VouchConfig } from "./config.ts";
import type { Request } from "./request.ts";

/** What the session cookie stores about an unfinished sign-in. */
export interface Session {
  state?: string;
  /** The requested URL. */
  url?: string;
  /** Number of attempts for each URL. */
  attempts: Record<string, number>;
  /** PKCE, if configured. */
  codeVerifier?: string;
  codeChallenge?: string;
}

/** Signed cookies are accepted for this long, whatever age the cookie itself was given. */
const acceptedForSeconds = 30 * 86_400;

function signatureOf(text: string, { session }: VouchConfig): string {
  return createHmac("sha256", session.key).update(`${session.name}|${text}`).digest("base64url");
}

const sameText = (a: string, b: string): boolean =>
  a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));

/** The session as a cookie's value: anybody can read it, nobody can change it, because it is signed. */
export function sealSession(session: Session, config: VouchConfig): string {
  const content = Buffer.from(JSON.stringify(session)).toString("base64url");
  const text = `${Math.floor(Date.now() / 1000)}|${content}`;
  return Buffer.from(`${text}|${signatureOf(text, config)}`).toString("base64url");
}

/** The request's session, or a new one; throws if its signature is invalid or it is too old. */
export function openSession(request: Request, config: VouchConfig): Session {
  const value = request.cookies.find(({ name }) => name === config.session.name)?.value;
  if (value === undefined) return { attempts: {} };
  const [date = "", content = "", signature = ""] = Buffer.from(value, "base64url").toString("latin1").split("|");
  if (!sameText(signature, signatureOf(`${date}|${content}`, config))) {
    throw new Error("securecookie: the value is not valid");
  }
  if (Date.now() / 1000 - Number(date) > acceptedForSeconds) throw new Error("securecookie: expired timestamp");
  return JSON.parse(Buffer.from(content, "base64url").toString("utf8")) as Session;
}
