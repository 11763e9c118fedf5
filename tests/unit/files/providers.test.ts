import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { parse } from "yaml";
import { hostNames } from "../../../files/site/site.ts";
import { bundleWith, type Changes, secrets, siteWith } from "../../support/site.ts";
import { contentOf } from "../../support/unpack.ts";

const client = { clientId: "0oa1", clientSecret: "kept-elsewhere" };
const at = (signIn: Record<string, unknown>, settings: Record<string, unknown> = {}): Changes => ({
  settings: { target: "gcp", port: "443", ...settings, signIn: { ...client, ...signIn } },
});
const vouch = (changes: Changes) => parse(contentOf(bundleWith(changes).secrets, "config.yml"));
const own = { client_id: "0oa1", client_secret: secrets.oidcClientSecret };
const callback = { callback_url: "https://vouch.lab.example.com/auth" };
const openid = { provider: "oidc", scopes: ["openid", "email", "profile"], code_challenge_method: "S256" };

describe("Vouch asks", () => {
  const okta = "https://dev-123456.okta.com/oauth2/v1";
  const oidc = {
    provider: "oidc",
    authUrl: "https://id.example.com/authorize",
    tokenUrl: "https://id.example.com/token",
    userInfoUrl: "https://id.example.com/userinfo",
  };
  const cases: [who: string, signIn: Record<string, unknown>, oauth: Record<string, unknown>][] = [
    [
      "Okta's server of the organization",
      { provider: "okta", domain: "dev-123456.okta.com" },
      { ...openid, auth_url: `${okta}/authorize`, token_url: `${okta}/token`, user_info_url: `${okta}/userinfo` },
    ],
    [
      "any OpenID Connect provider where the settings say",
      oidc,
      { ...openid, auth_url: oidc.authUrl, token_url: oidc.tokenUrl, user_info_url: oidc.userInfoUrl },
    ],
    [
      "Google, whose endpoints it knows",
      { provider: "google" },
      { provider: "google", scopes: ["openid", "email", "profile"] },
    ],
  ];
  for (const [who, signIn, oauth] of cases)
    it(`${who}, for the address and whether it is verified`, () => {
      const config = vouch(at(signIn));
      assert.deepEqual(config.oauth, { ...oauth, ...own, ...callback });
      assert.deepEqual(config.vouch.headers, { claims: ["email", "email_verified"] });
    });

  it("GitHub, whose endpoints it knows, for the name there", () => {
    const config = vouch(at({ provider: "github" }, { allow: ["ann-lee"] }));
    assert.deepEqual(config.oauth, { provider: "github", ...own, ...callback });
    assert.deepEqual(config.vouch.headers, { claims: ["login"] });
  });
});

describe("A site whose people sign in elsewhere", () => {
  const google = at({ provider: "google" });

  it("has no identity provider of its own, and no name for it", () => {
    const site = siteWith(google);
    assert.equal(
      site.services.some(({ name }) => name === "dex"),
      false,
    );
    assert.deepEqual(hostNames(site).sort(), ["jupyter.lab.example.com", "lab.example.com", "vouch.lab.example.com"]);
  });

  it("lets in by verified address", () => {
    const { release } = bundleWith(google);
    assert.match(
      contentOf(release, "door.conf"),
      /auth_request_set \$sso_email \$upstream_http_x_vouch_idp_claims_email;\nauth_request_set \$sso_verified \$upstream_http_x_vouch_idp_claims_email_verified;/,
    );
    assert.match(contentOf(release, "people.map"), /^"true:ann@example\.com" allow;$/m);
  });

  it("lets in by name at GitHub, and never by an address, which GitHub does not vouch for", () => {
    const { release } = bundleWith(at({ provider: "github" }, { allow: ["Ann-Lee"] }));
    assert.match(
      contentOf(release, "door.conf"),
      /auth_request_set \$sso_email \$upstream_http_x_vouch_idp_claims_login;\nauth_request_set \$sso_verified true;/,
    );
    assert.doesNotMatch(contentOf(release, "door.conf"), /claims_email/);
    assert.match(contentOf(release, "people.map"), /^"true:ann-lee" allow;$/m);
  });
});
