import type { SignIn } from "../../../settings/signIn.ts";
import type { Names } from "../../site/names.ts";
import { callbackUrl } from "../../site/names.ts";
import { DEX_CLIENT, dexEndpoints } from "../dex/dex.ts";

/** Where one is known from. What is said by no claim that the provider vouches for lets nobody in. */
export interface Identity {
  /** Claims that Vouch keeps and tells nginx. */
  claims: string[];
  /** nginx's words for who is there, as the allow list has it, and for whether that is sure ("true"). */
  who: string;
  sure: string;
}

/** Vouch tells a claim by a header of its answer. */
const claim = (name: string) => `$upstream_http_x_vouch_idp_claims_${name}`;

/** Everybody is known by address, and only where the provider has seen that it is theirs; at GitHub, by the name there. */
export function identityOf({ provider }: SignIn): Identity {
  // The name itself and not X-Vouch-User: a session from before a change of the provider has no such claim.
  if (provider === "github") return { claims: ["login"], who: claim("login"), sure: "true" };
  const claims = ["email", "email_verified"];
  return { claims, who: claim("email"), sure: claim("email_verified") };
}

const OPENID = { provider: "oidc", scopes: ["openid", "email", "profile"], code_challenge_method: "S256" };

/**
 * Vouch's section `oauth`, all but the client's secret. Google and GitHub it knows by name, with their endpoints.
 * https://github.com/vouch/vouch-proxy/tree/v0.45.1/config
 */
export function oauthOf(signIn: SignIn, names: Names): Record<string, unknown> {
  const callback = { callback_url: callbackUrl(names) };
  switch (signIn.provider) {
    case "dex": {
      const { authorization, token, userInfo } = dexEndpoints(names);
      const endpoints = { auth_url: authorization, token_url: token, user_info_url: userInfo };
      return { ...OPENID, client_id: DEX_CLIENT, ...endpoints, ...callback };
    }
    case "okta": {
      // The organization's own authorization server: every organization has it, while `default` has to be bought and set up.
      const server = `https://${signIn.domain}/oauth2/v1`;
      const endpoints = {
        auth_url: `${server}/authorize`,
        token_url: `${server}/token`,
        user_info_url: `${server}/userinfo`,
      };
      return { ...OPENID, client_id: signIn.clientId, ...endpoints, ...callback };
    }
    case "oidc": {
      const { authUrl: auth_url, tokenUrl: token_url, userInfoUrl: user_info_url } = signIn;
      return { ...OPENID, client_id: signIn.clientId, auth_url, token_url, user_info_url, ...callback };
    }
    case "google":
      return { provider: "google", client_id: signIn.clientId, ...callback, scopes: ["openid", "email", "profile"] };
    case "github":
      return { provider: "github", client_id: signIn.clientId, ...callback };
  }
}
