import type { SignIn } from "../../settings/signIn.ts";

/** What each provider calls the address that it sends people back to. */
const fields: Record<Exclude<SignIn["provider"], "dex">, string> = {
  okta: "At Okta, register this as the app's sign-in redirect URI",
  google: "At Google, register this as an authorized redirect URI of the OAuth client",
  github: "At GitHub, register this as the authorization callback URL of the OAuth app",
  oidc: "At your identity provider, register this as the client's redirect URI",
};

/** The address to register at the identity provider before anybody can sign in; undefined for the built-in one. */
export function callbackNotice({ provider }: SignIn, callbackUrl: string): string | undefined {
  return provider === "dex" ? undefined : `${fields[provider]}: ${callbackUrl}`;
}
