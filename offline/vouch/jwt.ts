import { createHmac, timingSafeEqual } from "node:crypto";
import { gunzipSync, gzipSync } from "node:zlib";
import type { VouchConfig } from "./config.ts";
import { parseJson } from "./goJson.ts";

/** The content of Vouch's own token. */
export interface Claims {
  username: string;
  CustomClaims: Record<string, unknown> | null;
  PAccessToken: string;
  PIdToken: string;
  aud: string;
  /** Unix seconds, as are the two below; 0 or absent is not checked. */
  exp?: number;
  iat?: number;
  nbf?: number;
  iss: string;
}

/** The provider's tokens and claims that are copied into Vouch's token. */
export interface TokenContent {
  username: string;
  claims: Record<string, unknown>;
  accessToken: string;
  idToken: string;
}

const knownMethods = /^((HS|RS|ES|PS)(256|384|512)|none|EdDSA)$/;

function signatureOf(signed: string, { jwt }: VouchConfig): Buffer {
  return createHmac(`sha${jwt.signingMethod.slice(2)}`, jwt.secret)
    .update(signed)
    .digest();
}

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");

/** Issues a token for a user who has just signed in. */
export function issueToken(content: TokenContent, config: VouchConfig): string {
  const payload: Claims = {
    username: content.username,
    CustomClaims: content.claims,
    PAccessToken: config.headers.accessToken ? content.accessToken : "",
    PIdToken: config.headers.idToken ? content.idToken : "",
    aud: audience(config).join(","),
    exp: Math.floor(Date.now() / 1000) + config.jwt.maxAge * 60,
    iss: config.jwt.issuer,
  };
  const signed = `${encode({ alg: config.jwt.signingMethod, typ: "JWT" })}.${encode(payload)}`;
  const token = `${signed}.${signatureOf(signed, config).toString("base64url")}`;
  return config.jwt.compress ? padded(gzipSync(token).toString("base64url")) : token;
}

/** The domains that a token is for. */
export const audience = ({ domains, cookie }: VouchConfig): string[] =>
  [...domains, cookie.domain].filter((domain) => domain !== "");

const padded = (base64url: string): string => base64url + "=".repeat((4 - (base64url.length % 4)) % 4);

/**
 * The claims of a token if its signature and times are valid; throws the message that Vouch puts into X-Vouch-Error.
 */
export function readToken(text: string, config: VouchConfig): Claims {
  const token = config.jwt.compress ? gunzipped(text) : text;
  const [header, payload, signature, more] = token.split(".");
  if (header === undefined || payload === undefined || signature === undefined || more !== undefined) {
    throw new Error("token contains an invalid number of segments");
  }
  const { alg } = decodeObject(header) as { alg?: unknown };
  const claims = decodeObject(payload) as Partial<Claims>;
  if (typeof alg !== "string") throw new Error("signing method (alg) is unspecified.");
  if (!knownMethods.test(alg)) throw new Error("signing method (alg) is unavailable.");
  if (alg !== config.jwt.signingMethod) throw new Error(`unexpected signing method: ${alg}`);
  const expected = signatureOf(`${header}.${payload}`, config);
  const given = decodeSegment(signature);
  // A wrong signature is reported before errors in the content.
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) throw new Error("signature is invalid");
  checkTimes(claims);
  return {
    username: "",
    CustomClaims: null,
    PAccessToken: "",
    PIdToken: "",
    aud: "",
    iss: "",
    ...claims,
  };
}

function checkTimes({ exp = 0, iat = 0, nbf = 0 }: Partial<Claims>): void {
  const now = Math.floor(Date.now() / 1000);
  if (nbf !== 0 && now < nbf) throw new Error("token is not valid yet");
  if (iat !== 0 && now < iat) throw new Error("token used before issued");
  if (exp !== 0 && now >= exp) throw new Error(`token is expired by ${goDuration(now - exp)}`);
}

/** Seconds as Go writes a duration: `73h1m40s`. */
function goDuration(seconds: number): string {
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  const head = hours > 0 ? `${hours}h${minutes}m` : minutes > 0 ? `${minutes}m` : "";
  return `${head}${seconds % 60}s`;
}

/** The token inside a compressed one; empty if it is not compressed. */
function gunzipped(text: string): string {
  try {
    return gunzipSync(Buffer.from(text, "base64url")).toString("latin1");
  } catch {
    return "";
  }
}

function decodeSegment(segment: string): Buffer {
  const bad = segment.search(/[^A-Za-z0-9_-]/);
  // A single character beyond whole groups of four cannot be part of a byte.
  const at = bad >= 0 ? bad : segment.length % 4 === 1 ? segment.length - 1 : -1;
  if (at >= 0) throw new Error(`illegal base64 data at input byte ${at}`);
  return Buffer.from(segment, "base64url");
}

function decodeObject(segment: string): object {
  const value: unknown = parseJson(decodeSegment(segment));
  if (typeof value !== "object" || Array.isArray(value)) throw new Error("json: cannot unmarshal into Go value");
  return value ?? {};
}
