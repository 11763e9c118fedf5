import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { parse } from "yaml";
import { bundleWith, type Changes, hostNames, secrets, siteWith } from "../../support/site.ts";
import { contentOf } from "../../support/unpack.ts";

const client = { clientId: "0oa1", clientSecret: "kept-elsewhere" };
const at = (signIn: Record<string, unknown>, settings: Record<string, unknown> = {}): Changes => ({
  settings: { target: "gcp", port: "443", ...settings, signIn: { ...client, ...signIn } },
});
const vouch = (changes: Changes) => parse(contentOf(bundleWith(changes).secrets, "config.yml"));
const own = { client_id: "0oa1", client_secret: secrets.oidcClientSecret };
const callback = { callback_url: "https://vouch.lab.example.com/auth" };
const openid = { provider: "oidc", scopes: ["openid", "email", "profile"], code_challenge_method: "S256" };

describe("Vouch's configuration", () => {
  const okta = "https://dev-123456.okta.com/oauth2/v1";
  const oidc = {
    provider: "oidc",
    authUrl: "https://id.example.com/authorize",
    tokenUrl: "https://id.example.com/token",
    userInfoUrl: "https://id.example.com/userinfo",
  };
  const cases: [who: string, signIn: Record<string, unknown>, oauth: Record<string, unknown>][] = [
    [
      "Okta, with the endpoints of the organization's domain",
      { provider: "okta", domain: "dev-123456.okta.com" },
      { ...openid, auth_url: `${okta}/authorize`, token_url: `${okta}/token`, user_info_url: `${okta}/userinfo` },
    ],
    [
      "any OpenID Connect provider, with the endpoints of the settings",
      oidc,
      { ...openid, auth_url: oidc.authUrl, token_url: oidc.tokenUrl, user_info_url: oidc.userInfoUrl },
    ],
    [
      "Google, with Vouch's built-in endpoints",
      { provider: "google" },
      { provider: "google", scopes: ["openid", "email", "profile"] },
    ],
  ];
  for (const [who, signIn, oauth] of cases)
    it(`for ${who}, requests the address and whether it is verified`, () => {
      const config = vouch(at(signIn));
      assert.deepEqual(config.oauth, { ...oauth, ...own, ...callback });
      assert.deepEqual(config.vouch.headers, { claims: ["email", "email_verified"] });
    });

  it("for GitHub, with Vouch's built-in endpoints, requests the user name", () => {
    const config = vouch(at({ provider: "github" }, { allow: ["ann-lee"] }));
    assert.deepEqual(config.oauth, { provider: "github", ...own, ...callback });
    assert.deepEqual(config.vouch.headers, { claims: ["login"] });
  });
});

describe("A site with an external identity provider", () => {
  const google = at({ provider: "google" });

  it("has no Dex and no host name for it", () => {
    const site = siteWith(google);
    assert.equal(
      site.services.some(({ name }) => name === "dex"),
      false,
    );
    assert.deepEqual(hostNames(site).sort(), ["jupyter.lab.example.com", "lab.example.com", "vouch.lab.example.com"]);
  });

  it("allows users by verified address", () => {
    const { release } = bundleWith(google);
    assert.match(
      contentOf(release, "door.conf"),
      /auth_request_set \$sso_email \$upstream_http_x_vouch_idp_claims_email;\nauth_request_set \$sso_verified \$upstream_http_x_vouch_idp_claims_email_verified;/,
    );
    assert.match(contentOf(release, "people.map"), /^"true:ann@example\.com" allow;$/m);
  });

  it("allows GitHub users by user name, and never by address, which GitHub does not verify", () => {
    const { release } = bundleWith(at({ provider: "github" }, { allow: ["Ann-Lee"] }));
    assert.match(
      contentOf(release, "door.conf"),
      /auth_request_set \$sso_email \$upstream_http_x_vouch_idp_claims_login;\nauth_request_set \$sso_verified true;/,
    );
    assert.doesNotMatch(contentOf(release, "door.conf"), /claims_email/);
    assert.match(contentOf(release, "people.map"), /^"true:ann-lee" allow;$/m);
  });
});
