import assert from "node:assert/strict";
import { get } from "node:http";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { freePort } from "../../offline/support/freePort.ts";
import { type RunningSite, runningSite } from "../support/runningSite.ts";
import { until } from "../support/until.ts";
import { ask, cookiesOf, navigation, redirectOf, visitor } from "../support/visitor.ts";

const domain = "lab.example.com";
const script = { "sec-fetch-mode": "cors", "sec-fetch-dest": "empty" };
const state = "a".repeat(32);

describe("The pages of the sign-in", () => {
  let site: RunningSite;
  let port: number;
  let httpPort: number;
  const open = (label: string, path: string, cookie = "") =>
    ask(port, `${label}.${domain}`, path, { headers: { ...navigation, cookie } });

  beforeAll(async () => {
    port = await freePort();
    httpPort = await freePort();
    // Without Dex, as if the identity provider could not be reached.
    site = runningSite(["nginx", "vouch"]);
    const { code, output } = await site.release({
      settings: { port: `${port}`, httpPort: `${httpPort}` },
      layout: { httpsPort: port, httpPort },
    });
    assert.equal(code, 0, output);
    await until("Vouch answers", async () => (await open("vouch", `/auth?state=${state}`)).status !== 503);
  });
  afterAll(() => site?.remove());

  it("tell a script where to sign in", async () => {
    const { status, headers, body } = await ask(port, `jupyter.${domain}`, "/api/contents/a", { headers: script });
    assert.deepEqual([status, headers["content-type"]], [401, "application/json"]);
    const { message, signIn } = JSON.parse(body);
    assert.match(message, /^Your session is over\./);
    assert.equal(signIn, `https://jupyter.${domain}:${port}/sso-signed-in`);
  });

  it("need a session to say that there is one, and return to that page", async () => {
    const asked = await open("jupyter", "/sso-signed-in");
    assert.match(redirectOf(asked), /^\/enter\//);
    assert.match(cookiesOf(asked), /sso_return=\/sso-signed-in/);
    const ann = await visitor(() => port, "ann@example.com").at(`jupyter.${domain}`);
    const { status, headers, body } = await open("jupyter", "/sso-signed-in", ann);
    assert.equal(status, 200);
    assert.equal(headers["cache-control"], "no-store");
    assert.match(body, /This window closes by itself\./);
    const back = cookiesOf(asked);
    const returned = await open(
      "jupyter",
      `/sso-return/${/enter\/[^/]+\/(\w+)/.exec(redirectOf(asked))?.[1]}`,
      `${ann}; ${back}`,
    );
    assert.equal(redirectOf(returned), "/sso-signed-in");
  });

  it("say who is not on the list", async () => {
    const eve = visitor(() => port, "eve<b>@example.com");
    await assert.rejects(eve.at(`jupyter.${domain}`), /Signed in as eve&lt;b&gt;@example\.com/);
  });

  describe("give the owner a code, and strangers no cause,", () => {
    const failed = (error: string) => open("vouch", `/auth?state=${state}&error=${error}`);

    it("for an error of the identity provider", async () => {
      const { status, headers, body } = await failed("invalid_scope");
      assert.equal(status, 401);
      assert.match(body, /The sign-in is not set up correctly[\s\S]*<strong>S5<\/strong>/);
      assert.doesNotMatch(body + JSON.stringify(headers), /invalid_scope|X-Vouch-Error/i);
    });
    it("for a client that the identity provider refuses", async () => {
      assert.match((await failed("unauthorized_client")).body, /<strong>S1<\/strong>/);
    });
    it("but not for a sign-in that a person cancelled", async () => {
      const { body } = await failed("access_denied");
      assert.match(body, /Signing in did not work/);
      assert.doesNotMatch(body, /not set up correctly/);
    });
    it("for an identity provider that does not answer", async () => {
      const asked = await open("jupyter", "/lab");
      const entered = await open("vouch", redirectOf(asked));
      const started = await open("vouch", redirectOf(entered));
      const own = new URL(String(started.headers.location)).searchParams.get("state");
      const { body } = await open("vouch", `/auth/${own}/?code=x&state=${own}`, cookiesOf(started));
      assert.match(body, /<strong>S2<\/strong>/);
    });
  });

  describe("for a name below the domain that is not the site's", () => {
    const plain = (name: string) =>
      new Promise<{ status: number; body: string }>((resolve, reject) => {
        const headers = { host: `${name}:${httpPort}`, ...navigation };
        get({ host: "127.0.0.1", port: httpPort, headers, agent: false }, async (response) =>
          resolve({ status: response.statusCode ?? 0, body: await text(response) }),
        ).on("error", reject);
      });
    for (const label of ["jupiter", "a.jupyter"])
      it(`say so, with and without TLS, and lead to the front page: ${label}`, async () => {
        const page = await open(label, "/lab/tree/report.ipynb?x=1");
        assert.equal(page.status, 404, page.body);
        assert.match(page.body, /There is nothing at this name/);
        assert.ok(page.body.includes(`href="https://${domain}:${port}/"`), page.body);
        assert.equal(page.headers["set-cookie"], undefined);
        assert.equal(page.headers["cache-control"], "no-store");
        assert.deepEqual(await plain(`${label}.${domain}`), { status: 404, body: page.body });
      });
    it("are JSON for a script, and the same for a person who has a session", async () => {
      const cookie = await visitor(() => port, "ann@example.com").at(`jupyter.${domain}`);
      const name = `jupiter.${domain}`;
      const json = await ask(port, name, "/files/me.html", { headers: { ...script, cookie } });
      assert.deepEqual([json.status, json.headers["content-type"]], [404, "application/json"]);
      assert.match(JSON.parse(json.body).message, /^There is nothing at this name\./);
      assert.equal((await open("jupiter", "/", cookie)).body, (await open("jupiter", "/")).body);
      assert.equal((await ask(port, name, "/", { headers: navigation, form: { a: "1" } })).status, 404);
    });
    it("do not exist for other domains, which get no certificate and no answer", async () => {
      for (const name of ["example.com", `not${domain}`, `${domain}.evil.test`]) {
        await assert.rejects(ask(port, name, "/"), /unrecognized name|handshake failure|ECONNRESET/i, name);
        await assert.rejects(plain(name), /hang up|ECONNRESET/, name);
      }
    });
  });
});
