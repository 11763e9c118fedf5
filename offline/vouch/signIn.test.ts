/**
 * Complete sign-ins and their failures, beyond the single requests of the contract. VOUCH_BINARY=/path/to/vouch-proxy
 * tests the real Vouch instead.
 */

import assert from "node:assert/strict";
import { afterAll, beforeAll, beforeEach, test } from "@jest/globals";
import { freePort } from "../support/freePort.ts";
import { contractConfigs, merge } from "./testing/configs.ts";
import { FakeProvider } from "./testing/fakeProvider.ts";
import { type Answer, VouchProcess } from "./testing/vouchProcess.ts";

type Tree = Record<string, unknown>;

const provider = new FakeProvider();

beforeAll(() => provider.start());
afterAll(() => provider.stop());
beforeEach(() => {
  provider.formOnly = false;
  provider.userInfo = undefined;
  provider.tokenRequests.length = 0;
});

const cookiesOf = ({ headers }: Answer): string =>
  (headers["set-cookie"] ?? [])
    .filter((line) => !line.includes("Max-Age=0"))
    .map((line) => line.split(";")[0])
    .join("; ");

/** Requests /login, /auth and /auth/{state}/ and returns the last answer. */
async function signIn(vouch: VouchProcess, email = "alice@example.org"): Promise<Answer> {
  const login = await vouch.get("/login?url=http://app.lab.test/x");
  const query = new URL(login.headers.location ?? "").searchParams;
  const code = provider.code(email, query.get("code_challenge") ?? undefined);
  const back = await vouch.get(`/auth?code=${code}&state=${query.get("state")}`);
  return vouch.get(back.headers.location ?? "", { Cookie: cookiesOf(login) });
}

/** Starts Vouch with the contract's configuration and these changes. */
async function withVouch(change: Tree, look: (vouch: VouchProcess) => Promise<void>): Promise<void> {
  const vouch = await VouchProcess.start(merge(contractConfigs(provider).root, change));
  try {
    await look(vouch);
  } finally {
    await vouch.stop();
  }
}

const validate = (vouch: VouchProcess, cookie: string, host = "app.lab.test") =>
  vouch.get("/validate", { Host: host, Cookie: cookie });

test("A sign-in ends at the requested URL, with a valid cookie", () =>
  withVouch({}, async (vouch) => {
    const done = await signIn(vouch);
    assert.equal(done.headers.location, "http://app.lab.test/x");
    const { status, headers } = await validate(vouch, cookiesOf(done));
    assert.equal(status, 200);
    assert.equal(headers["x-vouch-user"], "alice@example.org");
    assert.equal(headers["x-vouch-idp-claims-groups"], '"g1","g 2"');
  }));

test("A sign-in sends the client's secret by HTTP Basic, with grant, code and callback", () =>
  withVouch({}, async (vouch) => {
    await signIn(vouch);
    const [asked, ...more] = provider.tokenRequests;
    assert.equal(more.length, 0);
    assert.match(asked?.authorization ?? "", /^Basic /);
    assert.deepEqual([...(asked?.form.keys() ?? [])].sort(), ["code", "grant_type", "redirect_uri"]);
    assert.equal(asked?.form.get("redirect_uri"), "http://auth.lab.test/auth");
  }));

test("A provider that requires the secret in the form gets it there, after one attempt by HTTP Basic, and is remembered", () =>
  withVouch({}, async (vouch) => {
    provider.formOnly = true;
    assert.equal((await signIn(vouch)).status, 302);
    assert.equal((await signIn(vouch)).status, 302);
    assert.deepEqual(
      provider.tokenRequests.map(({ authorization }) => authorization !== ""),
      [true, false, false],
    );
  }));

test("With code_challenge_method S256 the code is redeemed with its verifier", () =>
  withVouch({ oauth: { code_challenge_method: "S256" } }, async (vouch) => {
    assert.equal((await signIn(vouch)).headers.location, "http://app.lab.test/x");
    assert.ok(provider.tokenRequests[0]?.form.get("code_verifier"));
  }));

test("With cookie.maxAge 0 the cookie ends with the browser", () =>
  withVouch({ vouch: { cookie: { maxAge: 0 } } }, async (vouch) => {
    const [cookie] = (await signIn(vouch)).headers["set-cookie"] ?? [];
    assert.match(cookie ?? "", /^VouchCookie=[^;]+; Path=\/; Domain=lab\.test; HttpOnly; SameSite=Lax$/);
  }));

test("With compress the cookie is a gzip, and a plain token is no longer accepted", async () => {
  let plain = "";
  await withVouch({}, async (vouch) => {
    plain = cookiesOf(await signIn(vouch));
  });
  await withVouch({ vouch: { jwt: { compress: true } } }, async (vouch) => {
    const cookie = cookiesOf(await signIn(vouch));
    assert.match(cookie, /^VouchCookie=H4sIAAAA/);
    assert.equal((await validate(vouch, cookie)).status, 200);
    assert.equal((await validate(vouch, plain)).status, 401);
  });
});

test("A token too large for one cookie is split and put together again", () =>
  withVouch({}, async (vouch) => {
    provider.userInfo = JSON.stringify({ email: "alice@example.org", name: "x".repeat(5000) });
    const cookies = cookiesOf(await signIn(vouch));
    assert.match(cookies, /^VouchCookie_1of2=[^;]{3924}; VouchCookie_2of2=[^;]+$/);
    assert.equal((await validate(vouch, cookies)).status, 200);
  }));

test("The provider's username takes precedence over the address, whatever the case of its key", () =>
  withVouch({}, async (vouch) => {
    provider.userInfo = JSON.stringify({ UserName: "mallory", email: "alice@example.org" });
    const { headers } = await validate(vouch, cookiesOf(await signIn(vouch)));
    assert.equal(headers["x-vouch-user"], "mallory");
    assert.equal(headers["x-vouch-idp-claims-email"], "alice@example.org");
  }));

test("Names are sent as UTF-8", () =>
  withVouch({}, async (vouch) => {
    provider.userInfo = JSON.stringify({ email: "zoë@example.org", name: "Zoë Čapek" });
    const { headers } = await validate(vouch, cookiesOf(await signIn(vouch)));
    const utf8 = (header: unknown) => Buffer.from(String(header), "latin1").toString("utf8");
    assert.equal(utf8(headers["x-vouch-user"]), "zoë@example.org");
    assert.equal(utf8(headers["x-vouch-idp-claims-name"]), "Zoë Čapek");
  }));

for (const body of ["[1]", '"text"', "null"]) {
  test(`A userinfo of ${body} makes Vouch panic: the connection is closed, and Vouch keeps running`, () =>
    withVouch({}, async (vouch) => {
      provider.userInfo = body;
      assert.equal((await signIn(vouch)).status, 0);
      assert.equal((await vouch.get("/healthcheck")).status, 200);
    }));
}

test("A userinfo that is not JSON is reported in X-Vouch-Error", () =>
  withVouch({}, async (vouch) => {
    provider.userInfo = "<html>";
    const { status, headers } = await signIn(vouch);
    assert.equal(status, 400);
    assert.match(String(headers["x-vouch-error"]), /invalid character '<' looking for beginning of value$/);
  }));

test("A wrong client secret is reported in X-Vouch-Error", () =>
  withVouch({ oauth: { client_secret: "wrong" } }, async (vouch) => {
    const { status, headers } = await signIn(vouch);
    assert.equal(status, 400);
    assert.match(String(headers["x-vouch-error"]), /oauth2: "invalid_client" "the fake says no"$/);
  }));

test("An unreachable provider is reported in X-Vouch-Error", async () => {
  const tokenUrl = `http://127.0.0.1:${await freePort()}/token`;
  await withVouch({ oauth: { token_url: tokenUrl } }, async (vouch) => {
    const { status, headers } = await signIn(vouch);
    assert.equal(status, 400);
    const cause = String(headers["x-vouch-error"]);
    assert.ok(cause.includes(`Post "${tokenUrl}": dial tcp 127.0.0.1:`), cause);
    assert.match(cause, /: connect: connection refused$/);
  });
});

test("With domains alone, only their addresses are allowed, and a token is for its own hosts", () =>
  withVouch({ vouch: { allowAllUsers: undefined, domains: ["lab.test"] } }, async (vouch) => {
    const other = await signIn(vouch, "alice@example.org");
    assert.equal(other.status, 403);
    const cause = String(other.headers["x-vouch-error"]);
    assert.match(cause, /verifyUser: Email alice@example\.org is not within a Vouch Proxy managed domain/);
    const cookie = cookiesOf(await signIn(vouch, "alice@sub.lab.test"));
    assert.equal((await validate(vouch, cookie, "evil.example")).status, 401);
    assert.equal((await validate(vouch, cookie)).status, 200);
  }));

test("With publicAccess everybody is allowed, without a name", () =>
  withVouch({ vouch: { publicAccess: true } }, async (vouch) => {
    const { status, headers } = await vouch.get("/validate");
    assert.equal(status, 200);
    assert.equal(headers["x-vouch-user"], "");
  }));

test("The seventh attempt for one URL is refused, if the session is brought back to /login", () =>
  withVouch({}, async (vouch) => {
    let cookie = "";
    for (let attempt = 1; attempt <= 6; attempt++) {
      const answer = await vouch.get("/login?url=http://app.lab.test/x", { Cookie: cookie });
      assert.equal(answer.status, 302);
      cookie = cookiesOf(answer);
    }
    const { status, headers } = await vouch.get("/login?url=http://app.lab.test/x", { Cookie: cookie });
    assert.equal(status, 400);
    assert.match(String(headers["x-vouch-error"]), /too many unsuccessful authorization attempts/);
  }));

test("A refused /login clears the token's cookies twice", () =>
  withVouch({}, async (vouch) => {
    const { headers } = await vouch.get("/login", { Cookie: "VouchCookie=x" });
    assert.equal(headers["set-cookie"]?.length, 2);
  }));

test("With an end_session_endpoint, /logout redirects to it", () =>
  withVouch({ oauth: { end_session_endpoint: "http://idp.test/out?a=1" } }, async (vouch) => {
    const plain = await vouch.get("/logout");
    assert.equal(plain.headers.location, "http://idp.test/out?a=1");
    const listed = await vouch.get("/logout?url=http://app.lab.test/bye");
    const back = encodeURIComponent("http://app.lab.test/bye");
    assert.equal(listed.headers.location, `http://idp.test/out?a=1&post_logout_redirect_uri=${back}`);
  }));

test("With headers.idtoken the provider's token is in the cookie, on /validate and at the provider's logout", () =>
  withVouch(
    {
      vouch: { headers: { idtoken: "X-Vouch-IdP-IdToken" } },
      oauth: { end_session_endpoint: "http://idp.test/out" },
    },
    async (vouch) => {
      const cookie = cookiesOf(await signIn(vouch));
      assert.equal((await validate(vouch, cookie)).headers["x-vouch-idp-idtoken"], "not.looked.at");
      const { headers } = await vouch.get("/logout", { Cookie: cookie });
      assert.equal(headers.location, "http://idp.test/out?id_token_hint=not.looked.at");
    },
  ));

const partCookies = ["1of0", "0of1", "1of-1", "1of9223372036854775807"];

test("The part-cookie weakness closes connections at /validate and /logout and nowhere else", () =>
  withVouch({}, async (vouch) => {
    for (const part of partCookies) {
      const headers = { Cookie: `VouchCookie_${part}=x` };
      assert.equal((await vouch.get("/validate", headers)).status, 0, part);
      assert.equal((await vouch.get("/logout", headers)).status, 0, part);
      assert.equal((await vouch.get("/login?url=http://app.lab.test/x", headers)).status, 302, part);
      assert.equal((await vouch.get("/auth?state=abc", headers)).status, 302, part);
      assert.equal((await vouch.get("/healthcheck", headers)).status, 200, part);
    }
    assert.equal((await validate(vouch, "VouchCookie_1of10000000=x")).status, 401);
  }));
