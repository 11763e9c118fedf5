import type { Config } from "./config.ts";
import type { Log } from "./log.ts";
import { GoPanic } from "./panic.ts";
import { otherProviders, servedProviders } from "./providers.ts";

/** 32 bytes in base64. */
const shortestSecret = 44;

/** Throws the first error that prevents Vouch from starting, in its words; only logs the others. */
export function checkRules(config: Config, log: Log): void {
  const issue = oauthIssue(config) ?? vouchIssue(config) ?? fakeLimit(config);
  if (issue) throw new Error(issue);
  warn(config, log);
  if (config.vouch.documentRoot !== "" && !config.vouch.documentRoot.startsWith("/")) {
    throw new GoPanic(`path must begin with '/' in path '${config.vouch.documentRoot}/validate'`);
  }
}

function oauthIssue({ vouch, oauth }: Config): string | undefined {
  const { provider } = oauth;
  if (![...servedProviders, ...otherProviders].includes(provider)) {
    return `configuration error: Unknown oauth provider: ${provider}`;
  }
  if (oauth.clientId === "") return "configuration error: oauth.client_id not found";
  if (provider !== "oidc" && oauth.clientSecret === "") return "configuration error: oauth.client_secret not found";
  if (oauth.authUrl === "") return "configuration error: oauth.auth_url not found";
  if (oauth.userInfoUrl === "") return "configuration error: oauth.user_info_url not found";
  if (!["", "plain", "S256"].includes(oauth.codeChallengeMethod)) {
    return "configuration error: oauth.code_challenge_method must be either 'S256' or 'plain'";
  }
  const cookieDomains = [...vouch.domains, vouch.cookie.domain].filter((domain) => domain !== "");
  for (const url of [oauth.callbackUrl, ...oauth.callbackUrls]) {
    if (url !== "" && !cookieDomains.some((domain) => url.includes(domain))) {
      return `configuration error: oauth.callback_url (${url}) must be within a configured domains where the cookie will be set: either \`vouch.domains\` [${vouch.domains.join(" ")}] or \`vouch.cookie.domain\` ${vouch.cookie.domain}`;
    }
  }
  return undefined;
}

function vouchIssue({ vouch }: Config): string | undefined {
  if (vouch.allowAllUsers === vouch.domains.length > 0) {
    return "configuration error: either one of vouch.domains or vouch.allowAllUsers needs to be set (but not both)";
  }
  if (!/^(HS|RS|ES)(256|384|512)$/.test(vouch.jwt.signingMethod)) {
    return "configuration error: vouch.jwt.signing_method value not allowed";
  }
  if (vouch.cookie.maxAge < 0) {
    return `configuration error: cookie maxAge cannot be lower than 0 (currently: ${vouch.cookie.maxAge})`;
  }
  if (vouch.jwt.maxAge <= 0) {
    return `configuration error: JWT maxAge cannot be zero or lower (currently: ${vouch.jwt.maxAge})`;
  }
  const { cert, key } = vouch.tls;
  if (key && !cert) {
    return `configuration error: TLS certificate file not provided but TLS key is set (${key})`;
  }
  if (cert && !key) {
    return `configuration error: TLS key file not provided but TLS certificate is set (${cert})`;
  }
  return undefined;
}

/**
 * Refuses what the real Vouch supports and this fake does not: failing at the start is better than behaving
 * differently.
 */
function fakeLimit({ vouch, oauth }: Config): string | undefined {
  const missing = [
    [otherProviders.includes(oauth.provider), `oauth.provider: ${oauth.provider}`],
    [oauth.codeChallengeMethod === "plain", "oauth.code_challenge_method: plain"],
    [!vouch.jwt.signingMethod.startsWith("HS"), `vouch.jwt.signing_method: ${vouch.jwt.signingMethod}`],
    [vouch.teamWhitelist.length > 0, "vouch.teamWhitelist"],
    [vouch.tls.cert !== "", "vouch.tls"],
    [vouch.listen.startsWith("unix:"), `vouch.listen: ${vouch.listen}`],
    [vouch.testing, "vouch.testing"],
  ] as const;
  const found = missing.find(([asked]) => asked);
  return found && `the fake Vouch does not know ${found[1]}: use the real Vouch for it`;
}

function warn({ vouch, oauth }: Config, log: Log): void {
  if (oauth.provider === "oidc" && !["openid", "email", "profile"].every((scope) => oauth.scopes.includes(scope))) {
    log.warn(
      "Configuration Warning: for 'oauth.provider: oidc', 'oauth.scopes' should usually contain: -openid -email -profile",
    );
  }
  const advice = (key: string) =>
    `Please consider deleting ${key} to automatically generate a secret of ${shortestSecret} characters`;
  const { secret } = vouch.jwt;
  if (secret.length < shortestSecret) {
    log.error(`Your secret is too short! (${secret.length} characters long). ${advice("vouch.jwt.secret")}`);
  }
  const { key } = vouch.session;
  if (key.length < shortestSecret) {
    log.error(`Your session key is too short! (${key.length} characters long). ${advice("vouch.session.key")}`);
  }
  if (vouch.cookie.sameSite.toLowerCase() === "none" && !vouch.cookie.secure) {
    log.error("SameSite cookie attribute with sameSite=none should also be specified with secure=true.");
  }
}
