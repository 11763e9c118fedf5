/**
 * The part of Dex 2.45.1 that the project uses. Every answer was recorded from the real Dex, and
 * DEX_BINARY=/path/to/dex runs the tests against that program instead of the fake.
 */

import assert from "node:assert/strict";
import { createHash, createPublicKey, type JsonWebKey, randomBytes, verify } from "node:crypto";
import { afterAll, beforeAll, test } from "@jest/globals";
import * as openid from "openid-client";
import { stringify } from "yaml";
import { freePort } from "../support/freePort.ts";
import { clientId, clientSecret, DexProcess, goodConfig, password, redirectUri } from "./testing/dexProcess.ts";

/** Behind a TLS proxy, the issuer's address differs from the one that receives requests. */
const issuer = "https://dex.lab.test";
let dex: DexProcess;

beforeAll(async () => {
  dex = await DexProcess.start(issuer);
});
afterAll(() => dex.stop());

type Values = Record<string, string>;

const authQuery = (over: Values = {}): string =>
  new URLSearchParams({
    client_id: clientId,
    redirect_uri: redirectUri,
    response_type: "code",
    scope: "openid email profile",
    state: "abc",
    ...over,
  }).toString();

const get = (path: string, init: RequestInit = {}) => fetch(new URL(path, dex.url), { redirect: "manual", ...init });
const post = (path: string, form: Values, headers: Values = {}) =>
  get(path, { method: "POST", headers, body: new URLSearchParams(form) });
const locationOf = (answer: Response): string => answer.headers.get("location") ?? "";

/** The path of a fresh form. */
async function loginForm(over: Values = {}): Promise<string> {
  return locationOf(await get(`/auth/local?${authQuery(over)}`));
}

/** Signs in and returns the code. */
async function codeFor(login: string, over: Values = {}): Promise<string> {
  const answer = await post(await loginForm(over), { login, password });
  assert.equal(answer.status, 303);
  return new URL(locationOf(answer)).searchParams.get("code") ?? "";
}

const basic = (id: string, secret: string): Values => {
  const pair = [id, secret].map((part) => encodeURIComponent(part)).join(":");
  return { Authorization: `Basic ${Buffer.from(pair).toString("base64")}` };
};

const redeem = (code: string, over: Values = {}, headers = basic(clientId, clientSecret)) =>
  post("/token", { grant_type: "authorization_code", code, redirect_uri: redirectUri, ...over }, headers);

/** The /userinfo answer for a user who signed in by this name. */
async function userInfoOf(login: string, over: Values = {}): Promise<Record<string, unknown>> {
  const { access_token } = (await (await redeem(await codeFor(login, over))).json()) as Values;
  const answer = await get("/userinfo", { headers: { Authorization: `Bearer ${access_token}` } });
  assert.equal(answer.status, 200);
  return (await answer.json()) as Record<string, unknown>;
}

async function assertTokenError(answer: Response, status: number, error: string, description?: string) {
  assert.equal(answer.status, status);
  const body = description ? { error, error_description: description } : { error };
  assert.deepEqual(await answer.json(), body);
}

test("Dex's discovery document names the endpoints below the issuer", async () => {
  const answer = await get("/.well-known/openid-configuration");
  assert.equal(answer.headers.get("content-type"), "application/json");
  const document = (await answer.json()) as Record<string, unknown>;
  assert.equal(document.issuer, issuer);
  assert.equal(document.authorization_endpoint, `${issuer}/auth`);
  assert.equal(document.token_endpoint, `${issuer}/token`);
  assert.equal(document.userinfo_endpoint, `${issuer}/userinfo`);
  assert.equal(document.jwks_uri, `${issuer}/keys`);
  assert.deepEqual(document.response_types_supported, ["code"]);
  assert.deepEqual(document.id_token_signing_alg_values_supported, ["RS256"]);
});

test("Dex answers at /healthz, and serves /static and /theme", async () => {
  assert.equal(await (await get("/healthz")).text(), "Health check passed");
  for (const path of ["/static/main.css", "/theme/styles.css"]) {
    assert.match((await get(path)).headers.get("content-type") ?? "", /^text\/css/, path);
  }
  for (const path of ["/theme/logo.png", "/theme/favicon.png"]) {
    assert.equal((await get(path)).headers.get("content-type"), "image/png", path);
  }
  assert.match(await (await get("/")).text(), /<h1>Dex IdP<\/h1>/);
  assert.equal((await get("/nope")).status, 404);
  assert.equal((await get("/auth/")).status, 404);
});

test("Dex sends the configured headers with its pages", async () => {
  assert.equal((await get(await loginForm())).headers.get("x-frame-options"), "DENY");
});

test("Dex redirects from /auth to its only connector and on to its form, by paths and without a cookie", async () => {
  const start = await get(`/auth?${authQuery()}`);
  assert.equal(start.status, 302);
  assert.equal(locationOf(start), `/auth/local?${authQuery()}`);
  const connector = await get(locationOf(start));
  assert.equal(connector.status, 302);
  assert.match(locationOf(connector), /^\/auth\/local\/login\?back=&state=\w+$/);
  for (const answer of [start, connector]) assert.equal(answer.headers.get("set-cookie"), null);
});

test("Dex's form has the fields login and password, and posts to itself", async () => {
  const path = await loginForm();
  const page = await (await get(path)).text();
  assert.match(page, /<title>The lab<\/title>/);
  assert.match(page, /<form method="post" action="([^"]+)"/);
  assert.equal(/action="([^"]+)"/.exec(page)?.[1]?.replaceAll("&amp;", "&"), path);
  assert.match(page, /<input [^>]*name="login"/);
  assert.match(page, /<input [^>]*name="password" type="password"/);
  assert.match(page, /<button [^>]*type="submit"/);
  assert.doesNotMatch(page, /login-error/);
});

test("Dex reports a wrong password, keeps the address, and allows another attempt", async () => {
  const path = await loginForm();
  for (const login of ["bob@lab.test", "nobody@lab.test"]) {
    const answer = await post(path, { login, password: "wrong" });
    assert.equal(answer.status, 401);
    const page = await answer.text();
    assert.match(page, /id="login-error"[^>]*>\s*Invalid Email Address and password\./);
    assert.ok(page.includes(`value="${login}"`));
  }
  assert.equal((await post(path, { login: "bob@lab.test", password })).status, 303);
});

test("Dex escapes user input in its form", async () => {
  const page = await (await post(await loginForm(), { login: '"><b>', password: "x" })).text();
  assert.ok(page.includes('value="&#34;&gt;&lt;b&gt;"'));
});

test("Dex keeps no session: the next sign-in asks for the password again", async () => {
  const done = await post(await loginForm(), { login: "bob@lab.test", password });
  assert.equal(done.headers.get("set-cookie"), null);
  assert.match(locationOf(await get(`/auth/local?${authQuery()}`)), /^\/auth\/local\/login/);
});

test("Dex redirects back with a code and the client's state, once per form", async () => {
  const path = await loginForm({ state: "a b&c" });
  const answer = await post(path, { login: "bob@lab.test", password });
  assert.match(locationOf(answer), /^https:\/\/vouch\.lab\.test\/auth\?code=\w+&state=a\+b%26c$/);
  assert.equal((await post(path, { login: "bob@lab.test", password })).status, 400);
});

test("Dex returns the name, the address and whether it is verified at /userinfo", async () => {
  const { iss, aud, sub, email, email_verified, name, preferred_username } = await userInfoOf("ann@lab.test");
  assert.deepEqual(
    { iss, aud, email, email_verified, name, preferred_username },
    {
      iss: issuer,
      aud: clientId,
      email: "Ann@Lab.test",
      email_verified: true,
      name: "Ann A",
      preferred_username: "annie",
    },
  );
  assert.equal(sub, "CgExEgVsb2NhbA");
});

test("Dex returns the username as the name if there is no name, and then no preferred_username", async () => {
  const claims = await userInfoOf("bob@lab.test", { scope: "openid email profile groups" });
  assert.equal(claims.name, "bob");
  assert.equal(claims.preferred_username, undefined);
  assert.equal(claims.email_verified, false);
  assert.deepEqual(claims.groups, ["staff"]);
});

test("Dex returns only the claims of the requested scopes", async () => {
  const claims = await userInfoOf("bob@lab.test", { scope: "openid" });
  assert.equal(claims.email, undefined);
  assert.equal(claims.email_verified, undefined);
  assert.equal(claims.name, undefined);
});

test("Dex ignores the letter case of an address", async () => {
  assert.equal((await userInfoOf("BOB@LAB.TEST")).email, "bob@lab.test");
  assert.equal((await userInfoOf("ann@lab.TEST")).email, "Ann@Lab.test");
});

test("Dex accepts a hash in base64, too", async () => {
  assert.equal((await userInfoOf("coded@lab.test")).email, "coded@lab.test");
});

test("Dex starts with a hash of too low a cost, and refuses every sign-in with it", async () => {
  const answer = await post(await loginForm(), { login: "cheap@lab.test", password });
  assert.equal(answer.status, 500);
  assert.match(await answer.text(), /Login error\. Please contact your administrator or try again later\./);
});

test("Dex refuses a wrong client secret and an unknown client", async () => {
  const code = await codeFor("bob@lab.test");
  const words = "Invalid client credentials.";
  await assertTokenError(await redeem(code, {}, basic(clientId, "wrong")), 401, "invalid_client", words);
  await assertTokenError(await redeem(code, {}, basic("nobody", "x")), 401, "invalid_client", words);
  await assertTokenError(await redeem(code, {}, {}), 401, "invalid_client", words);
  assert.equal((await redeem(code)).status, 200);
});

test("Dex accepts the client's secret in the form, too", async () => {
  const form = { client_id: clientId, client_secret: clientSecret };
  const answer = await redeem(await codeFor("bob@lab.test"), form, {});
  assert.equal(answer.status, 200);
  assert.equal(answer.headers.get("cache-control"), "no-store");
  const body = (await answer.json()) as Record<string, unknown>;
  assert.equal(body.token_type, "bearer");
  assert.deepEqual(Object.keys(body), ["access_token", "token_type", "expires_in", "id_token"]);
});

test("Dex redeems a code once, and only for its client and redirect_uri", async () => {
  const code = await codeFor("bob@lab.test");
  await assertTokenError(await redeem(code, {}, basic("other", "other secret")), 500, "server_error");
  await assertTokenError(
    await redeem(code, { redirect_uri: "https://vouch.lab.test/else" }),
    400,
    "invalid_request",
    "redirect_uri did not match URI from initial request.",
  );
  assert.equal((await redeem(code)).status, 200);
  await assertTokenError(await redeem(code), 400, "invalid_grant", "Invalid or expired code parameter.");
  await assertTokenError(await redeem(""), 400, "invalid_request", "Required param: code.");
});

test("Dex refuses other methods and grants at /token", async () => {
  await assertTokenError(await get("/token"), 400, "invalid_request", "method not allowed");
  await assertTokenError(await redeem("x", { grant_type: "foo" }), 400, "unsupported_grant_type");
});

test("Dex demands the verifier if the sign-in began with PKCE, and none otherwise", async () => {
  const verifier = randomBytes(32).toString("base64url");
  const pkce = {
    code_challenge: createHash("sha256").update(verifier).digest("base64url"),
    code_challenge_method: "S256",
  };
  const code = await codeFor("bob@lab.test", pkce);
  const missing = "Expecting parameter code_verifier in PKCE flow.";
  await assertTokenError(await redeem(code), 400, "invalid_grant", missing);
  await assertTokenError(await redeem(code, { code_verifier: "x" }), 400, "invalid_grant", "Invalid code_verifier.");
  assert.equal((await redeem(code, { code_verifier: verifier })).status, 200);
  const plain = await codeFor("bob@lab.test");
  const unasked = "No PKCE flow started. Cannot check code_verifier.";
  await assertTokenError(await redeem(plain, { code_verifier: verifier }), 400, "invalid_request", unasked);
});

test("Dex refuses /userinfo without a token and with one that is not its own", async () => {
  const without = await get("/userinfo");
  assert.equal(without.headers.get("www-authenticate"), "Bearer");
  await assertTokenError(without, 401, "access_denied", "Invalid bearer token.");
  const headers = { Authorization: "Bearer eyJhbGciOiJub25lIn0.e30." };
  await assertTokenError(await get("/userinfo", { headers }), 403, "access_denied", "Invalid bearer token.");
});

test("Dex shows a page, and no redirect, for a foreign redirect_uri or client", async () => {
  for (const [over, status, message] of [
    [{ redirect_uri: "https://evil.test/auth" }, 400, "Unregistered redirect_uri."],
    [{ redirect_uri: `${redirectUri}/` }, 400, "Unregistered redirect_uri."],
    [{ redirect_uri: "" }, 400, "Unregistered redirect_uri."],
    [{ client_id: "nobody" }, 404, "Invalid client_id."],
  ] as const) {
    const answer = await get(`/auth/local?${authQuery(over)}`);
    assert.equal(answer.status, status);
    assert.equal(answer.headers.get("location"), null);
    assert.ok((await answer.text()).includes(message));
  }
});

test("Dex reports other errors of a client to it by a redirect", async () => {
  for (const [over, error, description] of [
    [{ scope: "email" }, "invalid_scope", 'Missing required scope(s) ["openid"].'],
    [{ scope: "openid foo bar" }, "invalid_scope", 'Unrecognized scope(s) ["foo" "bar"]'],
    [{ response_type: "" }, "invalid_request", "No response_type provided"],
    [{ response_type: "foo" }, "invalid_request", 'Invalid response type "foo"'],
    [{ response_type: "code token" }, "unsupported_response_type", 'Unsupported response type "token"'],
    [{ code_challenge_method: "S512" }, "invalid_request", 'Unsupported PKCE challenge method ("S512").'],
    [{ request: "x" }, "request_not_supported", "Server does not support request parameter."],
  ] as [Values, string, string][]) {
    const answer = await get(`/auth/local?${authQuery(over)}`);
    assert.equal(answer.status, 303, description);
    const back = new URL(locationOf(answer));
    assert.equal(back.origin + back.pathname, redirectUri);
    const told = Object.fromEntries(back.searchParams);
    assert.deepEqual(told, { error, error_description: description, state: "abc" });
  }
});

test("Dex redirects a request without a query without one", async () => {
  assert.equal(locationOf(await get("/auth")), "/auth/local");
});

test("Dex refuses an approval that it did not request", async () => {
  for (const [query, status] of [
    ["", 401],
    ["?req=unknown", 401],
    ["?req=unknown&hmac=x", 401],
    ["?req=unknown&hmac=!!", 401],
    ["?req=unknown&hmac=eHg", 500],
  ] as const)
    assert.equal((await get(`/approval${query}`)).status, status, query);
});

test("Dex refuses an unknown form, and other connectors", async () => {
  assert.equal((await get("/auth/local/login")).status, 400);
  assert.equal((await get("/auth/local/login?state=foo")).status, 400);
  assert.equal((await get(`/auth/github?${authQuery()}`)).status, 400);
  assert.equal((await get((await loginForm()).replace("local", "github"))).status, 500);
  assert.equal((await get(`/auth?${authQuery({ connector_id: "github" })}`)).status, 400);
  assert.equal(locationOf(await get(`/auth?${authQuery({ connector_id: "local" })}`)), `/auth/local?${authQuery()}`);
});

test("Dex's ID token is signed by its published key and tied to nonce, code and access token", async () => {
  const code = await codeFor("bob@lab.test", { nonce: "n-1" });
  const tokens = (await (await redeem(code)).json()) as { id_token: string; access_token: string };
  const [header = "", payload = "", signature = ""] = tokens.id_token.split(".");
  const read = (part: string) => JSON.parse(Buffer.from(part, "base64url").toString()) as Values;
  const { keys } = (await (await get("/keys")).json()) as { keys: JsonWebKey[] };
  const key = createPublicKey({ key: keys.find(({ kid }) => kid === read(header).kid) ?? {}, format: "jwk" });
  assert.ok(verify("sha256", Buffer.from(`${header}.${payload}`), key, Buffer.from(signature, "base64url")));
  const half = (text: string) => createHash("sha256").update(text).digest().subarray(0, 16).toString("base64url");
  const claims = read(payload);
  assert.equal(claims.nonce, "n-1");
  assert.equal(claims.at_hash, half(tokens.access_token));
  assert.equal(claims.c_hash, half(code));
});

test("openid-client completes a sign-in with Dex", async () => {
  const own = await DexProcess.start();
  const options = { execute: [openid.allowInsecureRequests] };
  const client = await openid.discovery(new URL(own.url), clientId, clientSecret, undefined, options);
  const codeVerifier = openid.randomPKCECodeVerifier();
  const [state, nonce] = [openid.randomState(), openid.randomNonce()];
  const start = openid.buildAuthorizationUrl(client, {
    redirect_uri: redirectUri,
    scope: "openid email profile",
    state,
    nonce,
    code_challenge: await openid.calculatePKCECodeChallenge(codeVerifier),
    code_challenge_method: "S256",
  });
  const form = (await fetch(start)).url;
  const body = new URLSearchParams({ login: "ann@lab.test", password });
  const done = await fetch(form, { method: "POST", body, redirect: "manual" });
  const tokens = await openid.authorizationCodeGrant(client, new URL(locationOf(done)), {
    pkceCodeVerifier: codeVerifier,
    expectedState: state,
    expectedNonce: nonce,
  });
  const subject = tokens.claims()?.sub ?? "";
  const userInfo = await openid.fetchUserInfo(client, tokens.access_token, subject);
  assert.equal(userInfo.email, "Ann@Lab.test");
  await own.stop();
});

test("Dex serves its paths below the path of its issuer", async () => {
  const own = await DexProcess.start("https://lab.test/dex");
  const start = await fetch(`${own.url}/dex/auth?${authQuery()}`, { redirect: "manual" });
  assert.match(locationOf(start), /^\/dex\/auth\/local\?/);
  const form = await fetch(new URL(locationOf(start), own.url));
  assert.match(await form.text(), /action="\/dex\/auth\/local\/login\?/);
  assert.equal((await fetch(`${own.url}/auth?${authQuery()}`)).status, 404);
  const document = (await (await fetch(`${own.url}/dex/.well-known/openid-configuration`)).json()) as Values;
  assert.equal(document.token_endpoint, "https://lab.test/dex/token");
  await own.stop();
});

const refused: [what: string, change: object, message: RegExp][] = [
  ["no issuer", { issuer: undefined }, /^invalid Config:\n\t-\tno issuer specified in config file$/m],
  ["no storage", { storage: undefined }, /no storage supplied in config file/],
  ["no address to listen on", { web: undefined }, /must supply a HTTP\/HTTPS {2}address to listen on/],
  ["an address without a port", { web: { http: "nope" } }, /listening \(http\) on nope: .* missing port in address/],
  ["passwords without enablePasswordDB", { enablePasswordDB: false }, /without enabling password db/],
  [
    "no way to sign in",
    { enablePasswordDB: false, staticPasswords: undefined },
    /failed to initialize server: server: no connectors specified/,
  ],
  ["a client without a name", { staticClients: [{ id: "a", secret: "b" }] }, /Name field is required for a client/],
  ["a client without an ID", { staticClients: [{ name: "a", secret: "b" }] }, /ID or IDEnv field is required/],
  [
    "a client without a secret",
    { staticClients: [{ name: "a", id: "b" }] },
    /Secret or SecretEnv field is required for client "b"/,
  ],
  ["an invalid hash", { staticPasswords: [{ email: "a@b", hash: "abc" }] }, /malformed bcrypt hash/],
  ["a user without a hash", { staticPasswords: [{ email: "a@b" }] }, /no password hash provided/],
  ["a boolean given as text", { enablePasswordDB: "perhaps" }, /error parse config file .*enablePasswordDB/],
];

for (const [what, change, message] of refused) {
  test(`Dex exits 2 with ${what}`, async () => {
    const port = await freePort();
    await assertExits({ ...goodConfig(port, issuer), ...change }, port, message);
  });
}

async function assertExits(config: object | string, port: number, message: RegExp): Promise<void> {
  const own = await DexProcess.spawn(config, port);
  const code = await own.ended();
  await own.stop();
  assert.equal(code, 2, own.output);
  assert.match(own.output, message);
}

test("Dex exits 2 with a file that is not YAML", async () => {
  await assertExits("issuer: [", await freePort(), /error parse config file/);
});

test("Dex reads YAML 1.1, where yes is true", async () => {
  const port = await freePort();
  const text = stringify(goodConfig(port, issuer)).replace("enablePasswordDB: true", "enablePasswordDB: yes");
  const own = await DexProcess.spawn(text, port);
  await own.ready();
  await own.stop();
});

test("Dex exits 2 if its port is in use", async () => {
  const port = Number(new URL(dex.url).port);
  await assertExits(goodConfig(port, issuer), port, /listening \(http\) on .*address already in use/);
});

test("Dex ends on SIGTERM", async () => {
  const own = await DexProcess.start();
  assert.equal(await own.stop(), 2);
});

test("Dex refuses a sign-in that took longer than expiry.authRequests, even with the correct password", async () => {
  const port = await freePort();
  const short = await DexProcess.spawn({ ...goodConfig(port, issuer), expiry: { authRequests: "1s" } }, port);
  await short.ready();
  try {
    const form = await fetch(`${short.url}/auth/local?${authQuery()}`, { redirect: "manual" });
    const page = new URL(locationOf(form), short.url);
    await new Promise((resolve) => setTimeout(resolve, 1200));
    assert.equal((await fetch(page)).status, 200);
    const body = new URLSearchParams({ login: "ann@lab.test", password });
    const answer = await fetch(page, { method: "POST", body, redirect: "manual" });
    assert.equal(answer.status, 400);
    assert.match(await answer.text(), /User session has expired\./);
  } finally {
    await short.stop();
  }
});
