import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { parse } from "yaml";
import { bundleWith, type Changes, hostNames, secrets, siteWith } from "../../support/site.ts";
import { contentOf, sessionSettingsIn } from "../../support/unpack.ts";

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

const sessionSettings = (release: string) => sessionSettingsIn(contentOf(release, "session/settings.js"));

describe("A site with an external identity provider", () => {
  const google = at({ provider: "google" });
  /** The headers of Vouch's answer by which nginx knows a user. */
  const identityIn = (release: string) => {
    const { who, sure } = sessionSettings(release);
    return [who, sure];
  };

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
    assert.deepEqual(identityIn(release), ["X-Vouch-Idp-Claims-Email", "X-Vouch-Idp-Claims-Email-Verified"]);
    assert.match(contentOf(release, "people.map"), /^"true:ann@example\.com" allow;$/m);
  });

  it("allows GitHub users by user name, and never by address, which GitHub does not verify", () => {
    const { release } = bundleWith(at({ provider: "github" }, { allow: ["Ann-Lee"] }));
    assert.deepEqual(identityIn(release), ["X-Vouch-Idp-Claims-Login", ""]);
    assert.doesNotMatch(contentOf(release, "session/settings.js"), /email/i);
    assert.match(contentOf(release, "people.map"), /^"true:ann-lee" allow;$/m);
  });

  it("ends all sessions of another provider, whose people may have the same names", () => {
    const okta = { provider: "okta", domain: "dev-123456.okta.com" };
    const changes = [
      {},
      google,
      at(okta),
      at({ ...okta, domain: "dev-9.okta.com" }),
      at({ provider: "github" }, { allow: ["ann-lee"] }),
    ];
    const rotations = changes.map((change) => sessionSettings(bundleWith(change).release).rotation);
    assert.equal(new Set(rotations).size, changes.length);
    assert.equal(
      sessionSettings(bundleWith(at({ provider: "google", clientId: "0oa2" })).release).rotation,
      rotations[1],
    );
  });
});
