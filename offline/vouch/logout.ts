import type { Config } from "./config.ts";
import { clearTokenCookies, setSessionCookie } from "./cookies.ts";
import { encodeQuery, parseQuery, parseUrl, queryValue, writeUrl } from "./goUrl.ts";
import { readToken } from "./jwt.ts";
import { page } from "./pages.ts";
import type { Refusals } from "./refusals.ts";
import type { Handler } from "./request.ts";
import { redirect, send } from "./responses.ts";
import { findToken } from "./tokenSearch.ts";

/**
 * `/logout[?url=]`: deletes the cookies (the token itself stays valid) and redirects to a listed URL or the provider's
 * own logout.
 */
export function logoutHandler({ vouch, oauth }: Config, refusals: Refusals): Handler {
  const idTokenOf = (token: string): string => {
    try {
      return readToken(token, vouch).PIdToken;
    } catch {
      return "";
    }
  };
  return (request, response) => {
    const idToken = idTokenOf(findToken(request, vouch));
    clearTokenCookies(response, request, vouch);
    setSessionCookie(response, vouch, "/");

    const wanted = queryValue(request.query, "url");
    if (wanted !== "" && !vouch.logoutRedirectUris.includes(wanted)) {
      const cause = "/logout The requested url is not present in `vouch.post_logout_redirect_uris`";
      refusals.sendPage(request, response, 400, `${cause}: ${wanted}`);
    } else if (oauth.endSessionEndpoint !== "") {
      redirect(response, 302, providerLogout(oauth.endSessionEndpoint, wanted, idToken));
    } else if (wanted !== "") {
      redirect(response, 302, wanted);
    } else {
      const heading = "/logout you have been logged out";
      send(response, 200, "text/html; charset=utf-8", page(vouch.documentRoot, heading));
    }
  };
}

function providerLogout(endpoint: string, wanted: string, idToken: string): string {
  const url = parseUrl(endpoint);
  const values = Object.fromEntries(parseQuery(url.query));
  if (wanted !== "") values.post_logout_redirect_uri = wanted;
  if (idToken !== "") values.id_token_hint = idToken;
  return writeUrl({ ...url, query: encodeQuery(values) });
}
