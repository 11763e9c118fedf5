/** The response of `/.well-known/openid-configuration`: the part of Dex that this fake serves. */
export function discovery(issuer: string): object {
  const url = (path: string): string => `${issuer.replace(/\/$/, "")}${path}`;
  return {
    issuer,
    authorization_endpoint: url("/auth"),
    token_endpoint: url("/token"),
    jwks_uri: url("/keys"),
    userinfo_endpoint: url("/userinfo"),
    grant_types_supported: ["authorization_code"],
    response_types_supported: ["code"],
    subject_types_supported: ["public"],
    id_token_signing_alg_values_supported: ["RS256"],
    code_challenge_methods_supported: ["S256", "plain"],
    scopes_supported: ["openid", "email", "groups", "profile"],
    token_endpoint_auth_methods_supported: ["client_secret_basic", "client_secret_post"],
    claims_supported: [
      "iss",
      "sub",
      "aud",
      "iat",
      "exp",
      "email",
      "email_verified",
      "locale",
      "name",
      "preferred_username",
      "at_hash",
    ],
  };
}
