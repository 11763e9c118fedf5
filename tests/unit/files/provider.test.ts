import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parse } from "yaml";
import { namesOf } from "../../../files/names.ts";
import { hostNames } from "../../../files/site.ts";
import { providerOf, registrationHint } from "../../../files/vouch/provider.ts";
import type { SignIn } from "../../../settings/signIn.ts";
import { bundleWith, siteWith } from "../../support/site.ts";
import { contentOf } from "../../support/unpack.ts";

const client = { clientId: "client-1", clientSecret: "secret-of-the-client" };
const elsewhere: Record<string, SignIn> = {
  okta: { provider: "okta", domain: "dev-123456.okta.com", ...client },
  google: { provider: "google", ...client },
  github: { provider: "github", ...client },
  oidc: {
    provider: "oidc",
    authUrl: "https://id.example.org/authorize",
    tokenUrl: "https://id.example.org/token",
    userInfoUrl: "https://id.example.org/userinfo",
    ...client,
  },
};
const changesFor = (signIn: SignIn) => ({
  settings: { signIn, allow: [signIn.provider === "github" ? "ann-lee" : "ann@example.com"] },
  secrets: { oidcClientSecret: client.clientSecret },
});
const callback_url = "https://vouch.lab.example.com:8443/auth";

/** What Vouch is told of each provider; the endpoints of Google and GitHub it knows by itself. */
const oauth: Record<string, Record<string, unknown>> = {
  okta: {
    provider: "oidc",
    auth_url: "https://dev-123456.okta.com/oauth2/v1/authorize",
    token_url: "https://dev-123456.okta.com/oauth2/v1/token",
    user_info_url: "https://dev-123456.okta.com/oauth2/v1/userinfo",
    scopes: ["openid", "email", "profile"],
    code_challenge_method: "S256",
  },
  google: { provider: "google", scopes: ["email"] },
  github: { provider: "github", scopes: ["read:user"] },
  oidc: {
    provider: "oidc",
    auth_url: "https://id.example.org/authorize",
    token_url: "https://id.example.org/token",
    user_info_url: "https://id.example.org/userinfo",
    scopes: ["openid", "email", "profile"],
    code_challenge_method: "S256",
  },
};

for (const [name, signIn] of Object.entries(elsewhere))
  describe(`Signing in at ${name}`, () => {
    const changes = changesFor(signIn);

    it("is what Vouch is configured for, with the client that was registered there", () => {
      const config = parse(contentOf(bundleWith(changes).secrets, "config.yml"));
      const registered = { client_id: "client-1", client_secret: client.clientSecret, callback_url };
      assert.deepEqual(config.oauth, { ...oauth[name], ...registered });
    });

    it("needs no built-in provider, and no name for it", () => {
      const site = siteWith(changes);
      assert.equal(
        site.services.some((service) => service.name === "dex"),
        false,
      );
      assert.equal(hostNames(site).includes("dex.lab.example.com"), false);
    });

    it("keeps the client's secret out of what a preview shows", () => {
      assert.equal(bundleWith(changes).release.includes(client.clientSecret), false);
    });

    it("tells where to register the callback URL", () => {
      const hint = registrationHint(namesOf("lab.example.com", 443), signIn) ?? "";
      assert.ok(hint.endsWith(": https://vouch.lab.example.com/auth"), hint);
    });
  });

describe("Who somebody is", () => {
  const door = (signIn: SignIn) => contentOf(bundleWith(changesFor(signIn)).release, "door.conf");

  for (const name of ["okta", "google", "oidc"])
    it(`is the address that ${name} vouches for, and never a user name that people may choose`, () => {
      const text = door(elsewhere[name] as SignIn);
      assert.match(text, /^auth_request_set \$sso_user \$upstream_http_x_vouch_idp_claims_email;$/m);
      assert.match(text, /^auth_request_set \$sso_verified \$upstream_http_x_vouch_idp_claims_email_verified;$/m);
      assert.equal(text.includes("x_vouch_user"), false);
    });

  it("is the user name at GitHub, and Vouch keeps no address", () => {
    const github = elsewhere.github as SignIn;
    assert.match(door(github), /^auth_request_set \$sso_user \$upstream_http_x_vouch_user;$/m);
    assert.match(door(github), /^auth_request_set \$sso_verified true;$/m);
    assert.deepEqual(providerOf(namesOf("lab.example.com", 443), github).claims, []);
  });
});

describe("The built-in provider", () => {
  it("needs no registration", () => {
    const signIn: SignIn = { provider: "dex", users: [{ email: "ann@example.com" }] };
    assert.equal(registrationHint(namesOf("lab.example.com", 443), signIn), undefined);
  });
});
