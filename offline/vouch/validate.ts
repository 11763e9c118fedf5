import type { OutgoingHttpHeaders, ServerResponse } from "node:http";
import type { VouchConfig } from "./config.ts";
import { toBytes } from "./goUrl.ts";
import { audience, type Claims, readToken } from "./jwt.ts";
import type { Refusals } from "./refusals.ts";
import type { Handler, Request } from "./request.ts";
import { send, setHeader } from "./responses.ts";
import { findToken } from "./tokenSearch.ts";

/** `/validate`: checks the token and reports its user. Answers for valid tokens are cached. */
export function validateHandler(config: VouchConfig, refusals: Refusals): Handler {
  const known = new AnswerCache(config);
  return (request, response) => {
    const token = findToken(request, config);
    const remembered = known.get(token);
    if (remembered) {
      for (const [name, value] of Object.entries(remembered)) response.setHeader(name, value ?? "");
      sendOk(response);
      return;
    }
    try {
      const claims = readToken(requireToken(token), config);
      requireUser(claims, request, config);
      setUserHeaders(response, claims, config);
      known.set(token, response.getHeaders(), claims.exp);
      sendOk(response);
    } catch (error) {
      if (config.publicAccess) {
        setHeader(response, config.headers.user, "");
        sendOk(response);
      } else {
        refusals.sendText(request, response, 401, (error as Error).message);
      }
    }
  };
}

const sendOk = (response: ServerResponse): void => send(response, 200, "text/plain; charset=utf-8", "200 OK\n");

function requireToken(token: string): string {
  if (token === "") throw new Error("no jwt found in request");
  return token;
}

function requireUser({ username }: Claims, { host }: Request, config: VouchConfig): void {
  if (username === "") throw new Error("no User found in jwt");
  if (!config.allowAllUsers && !audience(config).some((domain) => host.includes(domain))) {
    throw new Error(
      `http header 'Host: ${host}' not authorized for configured \`vouch.domains\` (is Host being sent properly?)`,
    );
  }
}

function setUserHeaders(response: ServerResponse, claims: Claims, { headers }: VouchConfig): void {
  for (const claim of headers.claims) {
    const value = claims.CustomClaims?.[claim];
    if (value !== undefined) setHeader(response, claimHeader(headers.claimHeader, claim), toBytes(goText(value)));
  }
  setHeader(response, headers.user, toBytes(claims.username));
  setHeader(response, headers.success, "true");
  if (headers.accessToken && claims.PAccessToken) setHeader(response, headers.accessToken, claims.PAccessToken);
  if (headers.idToken && claims.PIdToken) setHeader(response, headers.idToken, claims.PIdToken);
}

/**
 * The header of a claim: without a leading `http(s)://`, without characters that nginx variables cannot have, in Go's
 * case.
 */
function claimHeader(prefix: string, claim: string): string {
  const name = claim
    .replace(/^http:\/\//, "")
    .replace(/^https:\/\//, "")
    .replace(/["(),/\\:;<=>?@[\]{}_.]|[^\x21-\x7e]/gu, "-");
  return (prefix + name).toLowerCase().replace(/(^|-)[a-z]/g, (letter) => letter.toUpperCase());
}

/** A claim's value as Go prints it; a list's entries in double quotes without escaping. */
function goText(value: unknown): string {
  if (value === null) return "<nil>";
  if (Array.isArray(value)) return value.map((entry) => `"${goText(entry)}"`).join(",");
  if (typeof value !== "object") return String(value);
  const pairs = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `map[${pairs.map(([key, entry]) => `${key}:${goText(entry)}`).join(" ")}]`;
}

/** Caches the headers of a successful answer by token, for 20 minutes or the rest of the token's life. */
class AnswerCache {
  readonly #entries = new Map<string, { headers: OutgoingHttpHeaders; until: number }>();
  readonly #longest: number;

  constructor({ jwt }: VouchConfig) {
    this.#longest = Math.min(20, jwt.maxAge) * 60_000;
    setInterval(() => this.#dropOld(), this.#longest / 5).unref();
  }

  get(token: string): OutgoingHttpHeaders | undefined {
    const entry = this.#entries.get(token);
    return entry && entry.until > Date.now() ? entry.headers : undefined;
  }

  /** `exp` in Unix seconds. */
  set(token: string, headers: OutgoingHttpHeaders, exp = Number.POSITIVE_INFINITY): void {
    const until = Math.min(Date.now() + this.#longest, exp * 1000);
    this.#entries.set(token, { headers: { ...headers }, until });
  }

  #dropOld(): void {
    for (const [token, { until }] of this.#entries) if (until <= Date.now()) this.#entries.delete(token);
  }
}
