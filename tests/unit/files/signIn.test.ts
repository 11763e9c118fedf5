import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { parse } from "yaml";
import { bundleWith, type Changes, secrets } from "../../support/site.ts";
import { oddTexts } from "../../support/texts.ts";
import { composeOf, contentOf } from "../../support/unpack.ts";

const vouch = (changes: Changes = {}) => parse(contentOf(bundleWith(changes).secrets, "config.yml"));
const dex = (changes: Changes = {}) => parse(contentOf(bundleWith(changes).secrets, "config.yaml"));

/** The paths of a virtual host that are passed on. */
const pathsOf = (label: string) =>
  [
    ...contentOf(bundleWith().release, `hosts/${label}.conf`).matchAll(
      /location (?:= |\^~ )?(\/\S*) \{(?! return 404|\s+internal;| internal;)/g,
    ),
  ].map(([, path]) => path);

describe("Vouch", () => {
  it("identifies the user, and leaves the allow list to nginx", () => {
    const { vouch: config } = vouch();
    assert.equal(config.allowAllUsers, true);
    assert.deepEqual(config.headers, { claims: ["email", "email_verified"] });
    for (const key of ["domains", "whiteList", "teamWhitelist"]) assert.equal(config[key], undefined, key);
  });

  it("sets its cookie for its own host name only, secure and httpOnly, for the minutes in which nginx takes it over", () => {
    assert.deepEqual(vouch().vouch.cookie, {
      name: "__Host-answer",
      domain: "vouch.lab.example.com",
      secure: true,
      httpOnly: true,
      sameSite: "lax",
      maxAge: 5,
    });
  });

  it("signs tokens with the stack's key, without compression, which it would undo before it verifies the signature", () => {
    assert.deepEqual(vouch().vouch.jwt, { secret: secrets.vouchJwtSecret, maxAge: 5, compress: false });
    assert.deepEqual(vouch().vouch.session, { key: secrets.vouchSessionKey, maxAge: 15 });
  });

  it("logs no addresses", () => {
    assert.equal(vouch().vouch.logLevel, "error");
  });

  it("redirects browsers to Dex's public name, and connects to Dex on their common network", () => {
    assert.deepEqual(vouch().oauth, {
      provider: "oidc",
      client_id: "vouch",
      client_secret: secrets.oidcClientSecret,
      auth_url: "https://dex.lab.example.com:8443/auth",
      token_url: "http://dex:5556/token",
      user_info_url: "http://dex:5556/userinfo",
      callback_url: "https://vouch.lab.example.com:8443/auth",
      scopes: ["openid", "email", "profile"],
      code_challenge_method: "S256",
    });
  });

  it("gets every text in quotes, because it would not read a date as text", () => {
    const signIn = { provider: "okta", domain: "dev-1.okta.com", clientId: "2026-01-01", clientSecret: "1_000" };
    const text = contentOf(bundleWith({ settings: { signIn } }).secrets, "config.yml");
    assert.match(text, /^ {2}client_id: "2026-01-01"$/m);
    assert.deepEqual(
      text.match(/: [^"\s].*$/gm)?.filter((value) => !/^: (\d+|true|false)$/.test(value)),
      [],
    );
  });

  it("gets the provider's client ID and secret byte for byte, in YAML 1.1 and 1.2", () => {
    for (const given of oddTexts.filter((text) => text !== "" && text.trim() === text)) {
      const signIn = { provider: "google", clientId: given, clientSecret: given };
      const text = contentOf(
        bundleWith({ settings: { signIn }, secrets: { oidcClientSecret: given } }).secrets,
        "config.yml",
      );
      for (const version of ["1.1", "1.2"] as const) {
        const { oauth } = parse(text, { version });
        assert.deepEqual([oauth.client_id, oauth.client_secret], [given, given]);
      }
    }
  });

  it("redirects to an existing page after sign-out", () => {
    assert.deepEqual(vouch().vouch.post_logout_redirect_uris, ["https://vouch.lab.example.com:8443/signed-out"]);
    const { release } = bundleWith();
    assert.ok(contentOf(release, "gate.conf").includes("location = /signed-out { try_files /signed-out.html "));
    assert.match(contentOf(release, "pages/signed-out.html"), /^<!doctype html>/);
  });

  it("leaves people a link to the provider's own sign-out, where it has one", () => {
    const client = { clientId: "x", clientSecret: "y" };
    const links = (signIn: object, allow = ["ann@example.com"]) =>
      ["signed-out", "not-allowed"].map((page) =>
        /<p><a href="([^"]*)">(Sign out at .*)<\/a>/
          .exec(contentOf(bundleWith({ settings: { signIn, allow } }).release, `pages/${page}.html`))
          ?.slice(1),
      );
    for (const [signIn, url, label] of [
      [{ provider: "okta", domain: "dev-1.okta.com", ...client }, "https://dev-1.okta.com/login/signout", "Okta"],
      [{ provider: "google", ...client }, "https://accounts.google.com/Logout", "Google"],
      [{ provider: "github", ...client }, "https://github.com/logout", "GitHub"],
    ] as const) {
      const link = [url, `Sign out at ${label}, too`];
      assert.deepEqual(links(signIn, [label === "GitHub" ? "ann" : "ann@example.com"]), [link, link]);
    }
    const users = [{ email: "ann@example.com" }];
    assert.deepEqual(links({ provider: "dex", users }), [undefined, undefined]);
  });

  it("has no port in its URLs if it is 443", () => {
    const { oauth } = vouch({ settings: { port: "443" } });
    assert.equal(oauth.auth_url, "https://dex.lab.example.com/auth");
    assert.equal(oauth.callback_url, "https://vouch.lab.example.com/auth");
  });

  it("is public only with these paths, none of which validates a cookie", () => {
    assert.deepEqual(pathsOf("vouch"), ["/login", "/auth", "/auth/"]);
    assert.match(contentOf(bundleWith().release, "hosts/vouch.conf"), /location = \/who \{\n *internal;/);
  });
});

describe("Dex", () => {
  it("has a client with Vouch's ID, secret and callback URL", () => {
    const { oauth } = vouch();
    assert.deepEqual(dex().staticClients, [
      { id: oauth.client_id, name: "jupyter-up", secret: oauth.client_secret, redirectURIs: [oauth.callback_url] },
    ]);
  });

  it("has the issuer of Vouch's auth_url", () => {
    const { issuer } = dex();
    assert.equal(vouch().oauth.auth_url, `${issuer}/auth`);
  });

  it("keeps unfinished sign-ins as long as Vouch does, not for a day", () => {
    assert.deepEqual(dex().expiry, { authRequests: `${vouch().vouch.session.maxAge}m` });
  });

  it("starts without the image's entrypoint, which would read {{ }} in the configuration as a template", () => {
    const { entrypoint, command } = composeOf(bundleWith().release).services.dex ?? {};
    assert.deepEqual([entrypoint, command], [["dex"], ["serve", "/etc/dex/config.yaml"]]);
  });

  const users = [{ email: "ann@example.com", name: "Ann: 'Lee' #1" }, { email: "bob@example.com" }];
  const signIn = (list: object[]) => ({ settings: { signIn: { users: list } } });

  it("has every user with their hash, and their name or else address", () => {
    const people = dex(signIn(users)).staticPasswords.map(({ userID, ...person }: Record<string, string>) => person);
    assert.deepEqual(people, [
      { email: "ann@example.com", hash: "$2b$10$secret-hash-of-ann", username: "Ann: 'Lee' #1" },
      { email: "bob@example.com", hash: "$2b$10$secret-hash-of-bob", username: "bob@example.com" },
    ]);
  });

  it("gives users IDs that stay the same when others are added or removed", () => {
    const ids = (list: object[]) =>
      Object.fromEntries(
        dex(signIn(list)).staticPasswords.map(({ email, userID }: Record<string, string>) => [email, userID]),
      );
    const both = ids(users);
    assert.match(both["ann@example.com"], /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    assert.notEqual(both["ann@example.com"], both["bob@example.com"]);
    assert.equal(ids(users.slice(1))["bob@example.com"], both["bob@example.com"]);
    assert.deepEqual(ids(users.toReversed()), both);
  });

  it("is public only with its sign-in page and its metadata: no tokens, no user details", () => {
    assert.deepEqual(pathsOf("dex"), [
      "/.well-known/openid-configuration",
      "/keys",
      "/static/",
      "/theme/",
      "/auth",
      "/approval",
      "/auth/",
    ]);
  });

  it("accepts only a few passwords a minute, from one address and in total", () => {
    assert.match(
      contentOf(bundleWith().release, "hosts/dex.conf"),
      /location \^~ \/auth\/ \{[^}]*limit_req zone=passwords [^}]*limit_req zone=all_passwords /,
    );
  });
});
