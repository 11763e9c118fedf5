import { createHash, randomBytes } from "node:crypto";
import type { Config, OauthConfig, VouchConfig } from "./config.ts";
import { clearTokenCookies, setSessionCookie } from "./cookies.ts";
import { matchingDomain } from "./domains.ts";
import { encodeQuery, type GoUrl, hostname, parseQuery, parseUrl, toBytes, unescapeQuery, writeUrl } from "./goUrl.ts";
import type { Log } from "./log.ts";
import type { Refusals } from "./refusals.ts";
import type { Handler, Request } from "./request.ts";
import { redirect } from "./responses.ts";
import { openSession, type Session, sealSession } from "./session.ts";

/** The seventh attempt for one URL is refused, if the browser sends the session here at all. */
const mostAttempts = 6;

/** The longest URL in bytes that fits into the session's cookie, measured with the real Vouch. */
const longestUrl = (oauth: OauthConfig): number => (oauth.codeChallengeMethod ? 987 : 1065);

const dangerousStarts = ["http://", "https://", "data:", "ftp://", "ftps://", "//", "javascript:"];

/** `/login?url=`: stores the requested URL and redirects to the identity provider. */
export function loginHandler({ vouch, oauth }: Config, refusals: Refusals, log: Log): Handler {
  return (request, response) => {
    clearTokenCookies(response, request, vouch);
    const session = existingSession(request, vouch, log);
    let url: string;
    try {
      url = wantedUrl(request, vouch);
    } catch (error) {
      return refusals.sendPage(request, response, 400, (error as Error).message);
    }
    const attempts = (session.attempts[url] ?? 0) + 1;
    session.attempts[url] = attempts;
    const state = newState();
    Object.assign(session, { state, url }, oauth.codeChallengeMethod ? newCodeChallenge() : {});
    if (url.length > longestUrl(oauth)) log.error("securecookie: the value is too long");
    else setSessionCookie(response, vouch, `${vouch.documentRoot}/auth/${state}/`, sealSession(session, vouch));

    if (attempts > mostAttempts) {
      const cause = `/login too many unsuccessful authorization attempts for the requested URL ${url} `;
      refusals.sendPage(request, response, 400, cause);
    } else {
      redirect(response, 302, providerUrl(request, vouch, oauth, state, session.codeChallenge));
    }
  };
}

function existingSession(request: Request, vouch: VouchConfig, log: Log): Session {
  try {
    return openSession(request, vouch);
  } catch (error) {
    log.info(
      `couldn't find existing encrypted secure cookie with name ${vouch.session.name}: ${(error as Error).message} (probably fine)`,
    );
    return { attempts: {} };
  }
}

/** 25 to 32 letters and digits. */
const newState = (): string =>
  randomBytes(32)
    .toString("base64url")
    .slice(0, 32)
    .replace(/[^A-Za-z0-9]/g, "");

function newCodeChallenge(): Pick<Session, "codeVerifier" | "codeChallenge"> {
  const codeVerifier = randomBytes(32).toString("base64url");
  return { codeVerifier, codeChallenge: createHash("sha256").update(codeVerifier).digest("base64url") };
}

/** The requested URL; throws the reason why it is refused. */
function wantedUrl({ query }: Request, { domains, cookie }: VouchConfig): string {
  const invalid = "requested destination URL appears to be invalid";
  let url: GoUrl | undefined;
  try {
    url = urlParameter(query);
  } catch (error) {
    throw new Error(`not a valid login URL: ${invalid} ${(error as Error).message}`);
  }
  if (!url || writeUrl(url) === "") throw new Error("no destination URL requested");
  if (url.scheme !== "http" && url.scheme !== "https") {
    throw new Error("requested destination URL is not a valid URL (does not begin with 'http://' or 'https://')");
  }
  for (const [, value] of parseQuery(url.query)) {
    const bad = dangerousStarts.find((start) => value.toLowerCase().startsWith(start));
    if (bad) {
      throw new Error(`requested destination URL has a dangerous query string looks bad: ${value} includes ${bad}`);
    }
  }
  const host = hostname(url.authority ?? "");
  const underCookie = cookie.domain !== "" && (host === cookie.domain || host.endsWith(`.${cookie.domain}`));
  if (!underCookie && matchingDomain(domains, host) === "") {
    throw new Error(`${invalid}: not within a Vouch Proxy managed domain`);
  }
  if (url.scheme === "http" && cookie.secure) {
    throw new Error(
      `${invalid}: mismatch between requested destination URL and 'vouch.cookie.secure: true' (the cookie is only visible to 'https' but the requested site is 'http')`,
    );
  }
  return writeUrl(url);
}

/**
 * The parameter `url` with the parameters behind it, up to the first one of Vouch's own: nginx puts the address into
 * the query without encoding it, so its own query looks like ours.
 */
function urlParameter(query: string): GoUrl | undefined {
  let url: GoUrl | undefined;
  for (const part of query.split(/[&;]/)) {
    const [key = ""] = part.split("=");
    const ours = /^(x-)?vouch/i.test(key) || key === "error" || key === "rd";
    if (url && ours) break;
    if (url) url.query += url.query === "" ? part : `&${part}`;
    else if (key === "url") url = parseUrl(unescapeQuery(part.slice(4)));
  }
  return url;
}

/** The identity provider's page, with our request in its query. */
function providerUrl(
  request: Request,
  vouch: VouchConfig,
  oauth: OauthConfig,
  state: string,
  codeChallenge: string | undefined,
): string {
  const values: Record<string, string> = { client_id: oauth.clientId, response_type: "code", state };
  const callback = callbackUrl(request, vouch, oauth);
  if (callback !== "") values.redirect_uri = callback;
  if (oauth.scopes.length > 0) values.scope = oauth.scopes.join(" ");
  if (codeChallenge) Object.assign(values, { code_challenge: codeChallenge, code_challenge_method: "S256" });
  if (oauth.provider === "google" && oauth.preferredDomain) values.hd = oauth.preferredDomain;
  if (oauth.claims !== undefined) values.claims = JSON.stringify(oauth.claims);
  const bytes = Object.fromEntries(Object.entries(values).map(([key, value]) => [key, toBytes(value)]));
  return `${oauth.authUrl}${oauth.authUrl.includes("?") ? "&" : "?"}${encodeQuery(bytes)}`;
}

/** The callback URL: the only one, or the one that matches the request's host. */
export function callbackUrl(request: Request, { domains }: VouchConfig, oauth: OauthConfig): string {
  const domain = matchingDomain(domains, request.host);
  return oauth.callbackUrls.find((url) => url.includes(domain)) ?? oauth.callbackUrl;
}
