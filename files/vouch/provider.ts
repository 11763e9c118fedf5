import type { SignIn } from "../../settings/signIn.ts";
import { DEX_CLIENT, dexEndpoints } from "../dex/dex.ts";
import { callbackUrl, type Names } from "../names.ts";

/** What the identity provider is to Vouch, to nginx, and to whoever registers the site there. */
export interface Provider {
  /** Vouch's `oauth` block, but for the client secret. Endpoints, scopes and PKCE of Google and GitHub are Vouch's own. */
  oauth: Record<string, unknown>;
  /** Claims of the user info that Vouch keeps in its cookie, for nginx. */
  claims: string[];
  /** nginx's variable with who somebody is, as the allow list names them. */
  person: string;
  /** nginx's variable that is "true" where the provider vouches for that; or `true` where it always does. */
  verified: string;
  /** Where its pages take the callback URL; absent for the built-in one. */
  registration?: string;
}

const OPENID = { scopes: ["openid", "email", "profile"], code_challenge_method: "S256" };

/**
 * Whoever may choose a `username` at an OpenID provider could be anybody to Vouch, so the address counts, and only where
 * the provider says that it has seen the person read mail there.
 */
const byAddress = {
  claims: ["email", "email_verified"],
  person: "$upstream_http_x_vouch_idp_claims_email",
  verified: "$upstream_http_x_vouch_idp_claims_email_verified",
};

/** GitHub hides addresses and vouches for none. Its user names are unique, and Vouch takes nothing else for the user. */
const byName = { claims: [], person: "$upstream_http_x_vouch_user", verified: "true" };

/** https://github.com/vouch/vouch-proxy/tree/v0.45.1/config */
export function providerOf(names: Names, signIn: SignIn): Provider {
  const callback = { callback_url: callbackUrl(names) };
  switch (signIn.provider) {
    case "dex": {
      const { authorization, token, userInfo } = dexEndpoints(names);
      const endpoints = { auth_url: authorization, token_url: token, user_info_url: userInfo };
      return { ...byAddress, oauth: { provider: "oidc", client_id: DEX_CLIENT, ...endpoints, ...callback, ...OPENID } };
    }
    case "okta": {
      // The organization's own authorization server: /oauth2/default is there only with a product that is paid for.
      const at = (path: string) => `https://${signIn.domain}/oauth2/v1/${path}`;
      const endpoints = { auth_url: at("authorize"), token_url: at("token"), user_info_url: at("userinfo") };
      return {
        ...byAddress,
        oauth: { provider: "oidc", client_id: signIn.clientId, ...endpoints, ...callback, ...OPENID },
        registration: "Okta (Applications, your app, Sign-in redirect URIs)",
      };
    }
    case "google":
      return {
        ...byAddress,
        oauth: { provider: "google", client_id: signIn.clientId, ...callback, scopes: ["email"] },
        registration: "Google (APIs & Services, Credentials, your client, Authorized redirect URIs)",
      };
    case "github":
      return {
        ...byName,
        oauth: { provider: "github", client_id: signIn.clientId, ...callback, scopes: ["read:user"] },
        registration: "GitHub (Settings, Developer settings, OAuth Apps, your app, Authorization callback URL)",
      };
    case "oidc": {
      const { clientId, authUrl, tokenUrl, userInfoUrl } = signIn;
      const endpoints = { auth_url: authUrl, token_url: tokenUrl, user_info_url: userInfoUrl };
      return {
        ...byAddress,
        oauth: { provider: "oidc", client_id: clientId, ...endpoints, ...callback, ...OPENID },
        registration: "your identity provider",
      };
    }
  }
}

/** What has to be registered at a provider before anybody can sign in there; nothing at the built-in one. */
export function registrationHint(names: Names, signIn: SignIn): string | undefined {
  const { registration } = providerOf(names, signIn);
  return (
    registration && `People sign in once this callback URL is registered at ${registration}: ${callbackUrl(names)}`
  );
}
