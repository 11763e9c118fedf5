import type { SignIn } from "../../settings/signIn.ts";

/** Each provider's name for the callback URL. */
const fields: Record<Exclude<SignIn["provider"], "dex">, string> = {
  okta: "At Okta, register this as the app's sign-in redirect URI",
  google: "At Google, register this as an authorized redirect URI of the OAuth client",
  github: "At GitHub, register this as the authorization callback URL of the OAuth app",
  oidc: "At your identity provider, register this as the client's redirect URI",
};

/** Tells which callback URL to register with the identity provider; undefined for the built-in one. */
export function callbackNotice({ provider }: SignIn, callbackUrl: string): string | undefined {
  return provider === "dex" ? undefined : `${fields[provider]}: ${callbackUrl}`;
}
