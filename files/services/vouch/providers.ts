import type { SignIn } from "../../../settings/signIn.ts";
import type { Names } from "../../site/names.ts";
import { callbackUrl } from "../../site/names.ts";
import { DEX_CLIENT, dexEndpoints } from "../dex/dex.ts";

/** Which claims identify a user. Unverified claims never grant access. */
export interface Identity {
  /** Claims that Vouch stores and passes to nginx. */
  claims: string[];
  /** Headers of Vouch's answer: the user's identity, as the allow list has it, and whether the provider has verified it ("true"; an empty name: always). */
  who: string;
  sure: string;
}

/** Vouch puts each claim into a header of its answer. */
const claim = (name: string) => `X-Vouch-Idp-Claims-${name}`;

/** Users are identified by address, and only if the provider has verified it; at GitHub, by user name. */
export function identityOf({ provider }: SignIn): Identity {
  // Not X-Vouch-User: a session of another provider, from before a change of the setting, has that header, but not this claim.
  if (provider === "github") return { claims: ["login"], who: claim("Login"), sure: "" };
  const claims = ["email", "email_verified"];
  return { claims, who: claim("Email"), sure: claim("Email-Verified") };
}

/** Names the provider. A session is for one provider's people: another provider may have other people with the same names. */
export function providerOf(signIn: SignIn): string {
  switch (signIn.provider) {
    case "okta":
      return `okta ${signIn.domain}`;
    case "oidc":
      return `oidc ${signIn.authUrl}`;
    default:
      return signIn.provider;
  }
}

/** The provider's own page that signs a person out there: its name for people and its URL. The built-in provider keeps nobody signed in. */
export function signOutPage(signIn: SignIn): [name: string, url: string] | undefined {
  switch (signIn.provider) {
    case "okta":
      return ["Okta", `https://${signIn.domain}/login/signout`];
    case "google":
      return ["Google", "https://accounts.google.com/Logout"];
    case "github":
      return ["GitHub", "https://github.com/logout"];
    case "oidc":
      return signIn.signOutUrl ? ["your identity provider", signIn.signOutUrl] : undefined;
    default:
      return undefined;
  }
}

const OPENID = { provider: "oidc", scopes: ["openid", "email", "profile"], code_challenge_method: "S256" };

/**
 * Vouch's section `oauth` without the client's secret. Vouch knows the endpoints of Google and GitHub.
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
      // The organization's own authorization server: every organization has it, while `default` must be bought and set
      // up.
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
