import type { Config, VouchConfig } from "./config.ts";
import { setSessionCookie, setTokenCookie } from "./cookies.ts";
import { matchingDomain } from "./domains.ts";
import { queryValue, toBytes } from "./goUrl.ts";
import { IdentityProvider, type User } from "./identityProvider.ts";
import { issueToken } from "./jwt.ts";
import type { Log } from "./log.ts";
import { callbackUrl } from "./login.ts";
import { GoPanic } from "./panic.ts";
import type { Refusals } from "./refusals.ts";
import type { Handler } from "./request.ts";
import { redirect } from "./responses.ts";
import { openSession, type Session } from "./session.ts";

/**
 * `/auth`: the identity provider sends the browser here; redirects to the path that the session's cookie is limited to.
 */
export function callbackHandler({ documentRoot }: VouchConfig, refusals: Refusals): Handler {
  return (request, response) => {
    const { query } = request;
    const error = queryValue(query, "error");
    const state = queryValue(query, "state");
    if (error !== "") {
      const cause = `/auth Error from IdP: ${error} - ${queryValue(query, "error_description")}`;
      refusals.sendPage(request, response, 401, cause, cause);
    } else if (state === "") {
      refusals.sendPage(request, response, 400, `/auth: could not find state in query ${query}`);
    } else {
      redirect(response, 302, `${documentRoot}/auth/${state}/?${query}`);
    }
  };
}

/** `/auth/{state}/`: checks the session, asks the provider for the user, and gives the browser its token. */
export function callbackStateHandler({ vouch, oauth }: Config, refusals: Refusals, log: Log): Handler {
  const provider = new IdentityProvider(oauth, vouch, log);
  return async (request, response) => {
    const refuse = (status: number, cause: string) => refusals.sendPage(request, response, status, cause);
    const started = Date.now();
    let session: Session;
    try {
      session = openSession(request, vouch);
    } catch (error) {
      return refuse(400, `/auth ${(error as Error).message}: could not find session store ${vouch.session.name}`);
    }
    // The state in the query counts; the one in the path only selects the cookie.
    const state = queryValue(request.query, "state");
    if (session.state !== state) {
      return refuse(400, `/auth Invalid session state: stored ${session.state ?? "%!s(<nil>)"}, returned ${state}`);
    }

    const grant: Record<string, string> = {};
    const callback = callbackUrl(request, vouch, oauth);
    if (callback !== "") grant.redirect_uri = callback;
    if (session.codeVerifier) grant.code_verifier = session.codeVerifier;
    if (session.codeChallenge) grant.code_challenge = session.codeChallenge;
    let user: User;
    try {
      user = await provider.userOf(queryValue(request.query, "code"), grant);
    } catch (error) {
      if (error instanceof GoPanic) throw error;
      const cause = (error as Error).message;
      return refuse(
        400,
        `/auth Error while retrieving user info after successful login at the OAuth provider: ${cause}`,
      );
    }
    if (Date.now() - started > vouch.writeTimeout * 1000) {
      // Go's write has timed out meanwhile: the connection is closed without an answer.
      response.destroy();
      return;
    }
    const objection = objectionTo(user, vouch);
    if (objection) {
      return refuse(
        403,
        `/auth User is not authorized: ${objection} . Please try again or seek support from your administrator`,
      );
    }
    setTokenCookie(response, request, vouch, issueToken(user, vouch));
    setSessionCookie(response, vouch, "/");
    redirect(response, 302, session.url ?? "");
  };
}

/** Why this user is denied, by the first rule that is set; undefined if allowed. */
function objectionTo(
  { username, email }: User,
  { allowAllUsers, whiteList, domains }: VouchConfig,
): string | undefined {
  if (allowAllUsers) return undefined;
  if (whiteList.length > 0) {
    if (whiteList.includes(username)) return undefined;
    return `verifyUser: user.Username not found in WhiteList: ${toBytes(username)}`;
  }
  const [, domain, more] = email.split("@");
  if (domain !== undefined && more === undefined && matchingDomain(domains, domain) !== "") return undefined;
  return `verifyUser: Email ${toBytes(email)} is not within a Vouch Proxy managed domain`;
}
