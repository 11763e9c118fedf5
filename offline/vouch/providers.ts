/** The providers that this fake supports, and those that only the real Vouch does. */
export const servedProviders = ["oidc", "google", "github"];
export const otherProviders = [
  "indieauth",
  "adfs",
  "azure",
  "homeassistant",
  "openstax",
  "nextcloud",
  "alibaba",
  "discord",
];

interface ProviderSettings {
  provider: string;
  authUrl: string;
  tokenUrl: string;
  userInfoUrl: string;
  scopes: string[];
  codeChallengeMethod: string;
}

/** Fills in the endpoints, scopes and PKCE that Vouch knows for the provider. */
export function withProviderDefaults<T extends ProviderSettings>(oauth: T) {
  // "probe" tries HTTP Basic first, then the form, and remembers which one the provider accepted.
  const clientAuthentication: "probe" | "form" = oauth.provider === "google" ? "form" : "probe";
  if (oauth.provider === "google") {
    oauth.authUrl = "https://accounts.google.com/o/oauth2/auth";
    oauth.tokenUrl = "https://oauth2.googleapis.com/token";
    oauth.userInfoUrl = "https://www.googleapis.com/oauth2/v3/userinfo";
    if (oauth.scopes.length === 0) oauth.scopes = ["email"];
    oauth.codeChallengeMethod = "S256";
  }
  if (oauth.provider === "github") {
    oauth.authUrl ||= "https://github.com/login/oauth/authorize";
    oauth.tokenUrl ||= "https://github.com/login/oauth/access_token";
    oauth.userInfoUrl ||= "https://api.github.com/user";
    if (oauth.scopes.length === 0) oauth.scopes = ["read:user"];
    oauth.codeChallengeMethod = "S256";
  }
  return { ...oauth, clientAuthentication };
}
