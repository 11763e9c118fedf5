/** What each program that can sign people in has to do, behind nginx and with the built-in identity provider. */
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, describe, it } from "@jest/globals";
import { freePort } from "../../offline/support/freePort.ts";
import { browser } from "../support/browser.ts";
import { run } from "../support/command.ts";
import { type RunningSite, runningSite } from "../support/runningSite.ts";
import { until } from "../support/until.ts";
import { ask, navigation } from "../support/visitor.ts";

const domain = "lab.example.com";
const [ann, eve] = ["ann@example.com", "eve@example.com"];
/** bcrypt hash of the word "password". */
const hash = "$2a$10$2b2cU8CPhOTaGrs1HRQuAueS7JTT5ZHsHSzYiFPm1leZck7Mc8T4W";
const right = { login: ann, password: "password" };

for (const gate of ["vouch", "oauth2-proxy"])
  describe(`The gate ${gate}`, () => {
    let site: RunningSite;
    let port = 0;
    const url = (label: string, path = "/") => `https://${label}.${domain}:${port}${path}`;
    const visit = (label: string, path: string, headers = {}) =>
      ask(port, `${label}.${domain}`, path, { headers: { ...navigation, ...headers } });

    beforeAll(async () => {
      site = runningSite(["nginx", gate, "dex", "whoami"]);
      port = await freePort();
      const settings = {
        domain,
        allow: [ann],
        signIn: { provider: "dex", gate, users: [{ email: ann }, { email: eve }] },
        apps: [{ name: "whoami", image: "docker.io/traefik/whoami:v1.11.0", port: 80 }],
      };
      const layout = { httpsPort: port, httpPort: await freePort() };
      const secrets = { passwordHashes: { [ann]: hash, [eve]: hash } };
      const { code, output } = await site.release({ settings, layout, secrets });
      assert.equal(code, 0, output);
      await until(
        "a sign-in begins",
        async () => (await browser(domain).open(url("whoami"))).url.hostname === `dex.${domain}`,
        20,
      );
    });
    // Vouch's answers about a person are equal within a second, and each is accepted once.
    beforeEach(() => sleep(1000 - (Date.now() % 1000)));
    afterAll(() => site?.remove());

    it("signs a person in, who then is at the wanted page", async () => {
      const user = browser(domain);
      const page = await user.send(await user.open(url("whoami", "/some/page?x=1")), right);
      assert.deepEqual([page.status, page.url.href], [200, url("whoami", "/some/page?x=1")]);
      assert.match(page.body, /^X-Auth-User: ann@example\.com\r?$/m);
      assert.doesNotMatch(page.body, /__Host-|Authorization|Access-Token/);
      assert.equal((await user.open(url("whoami"))).status, 200);
    });

    it("sets cookies for its own host name only", async () => {
      const user = browser(domain);
      await user.send(await user.open(url("whoami")), right);
      const gates = user.received.filter(({ host }) => host === `vouch.${domain}`);
      assert.ok(gates.length > 3);
      for (const { header } of gates) {
        assert.doesNotMatch(header, /; *Domain=/i);
        assert.match(header, /; *HttpOnly/);
        assert.match(header, /; *Secure/);
        assert.match(header, /; *SameSite=Lax/i);
      }
      const values = gates.filter(({ header }) => /^__Host-answer=[^;]{20}/.test(header));
      assert.equal(values.length, 1);
    });

    it("signs in in several tabs at the same time", async () => {
      const user = browser(domain);
      const tabs = [];
      for (const path of ["/one", "/two", "/three"]) tabs.push({ path, form: await user.open(url("whoami", path)) });
      for (const { path, form } of tabs.toReversed()) {
        const page = await user.send(form, right);
        assert.deepEqual([page.status, page.url.href], [200, url("whoami", path)]);
      }
    });

    it("shows the form again after a wrong password, and a page to people who are not on the list", async () => {
      const user = browser(domain);
      const form = await user.send(await user.open(url("whoami")), { ...right, password: "wrong" });
      assert.equal(form.url.hostname, `dex.${domain}`);
      const page = await user.send(form, { ...right, login: eve });
      assert.equal(page.status, 403);
      assert.match(page.body, /You are not on the list/);
      assert.equal((await user.open(url("whoami"))).url.hostname, `dex.${domain}`, "and then asks again");
    });

    it("does not sign anybody in again after signing out", async () => {
      const user = browser(domain);
      await user.send(await user.open(url("whoami")), right);
      const page = await user.open(url("whoami", "/sso-sign-out"));
      assert.match(page.body, /You are signed out/);
      assert.equal((await user.open(url("whoami"))).url.hostname, `dex.${domain}`);
    });

    it("sends nobody to another site", async () => {
      const path = `/enter/whoami.${domain}/${"0".repeat(32)}/${"A".repeat(43)}/${"A".repeat(43)}`;
      assert.equal((await visit("vouch", `/login?url=${url("vouch", path)}`)).status, 302);
      for (const other of [
        "https://evil.test/",
        url("whoami"),
        url("vouch"),
        `${url("vouch", path)}/x`,
        url("vouch", path).replace("https:", "http:"),
        "",
      ])
        for (const query of [`url=${other}`, `rd=${other}`, `url=${encodeURIComponent(other)}`])
          assert.equal((await visit("vouch", `/login?${query}`)).status, 400, query);
    });

    it("shows a page, and no cause, for a callback that belongs to no sign-in", async () => {
      for (const query of [
        "",
        "?error=access_denied&error_description=secret",
        "?code=x",
        "?state=x",
        "?code=x&state=0123456789abcdef",
        "?code=x&state=abc:https://evil.test/",
      ]) {
        const { status, body, headers } = await visit("vouch", `/auth${query}`);
        // Vouch redirects once more, to a path of its own.
        if (status === 302) {
          assert.match(String(headers.location), /^\/auth\//);
          continue;
        }
        assert.ok(status >= 400 && status < 500, String(status));
        assert.match(body, /Signing in did not work/);
        assert.doesNotMatch(body, /access_denied|secret|csrf|state|Vouch|OAuth/i);
      }
    });

    it("gives the owner a code, and nobody the cause", async () => {
      const user = browser(domain);
      const callback = async (answer: string) => {
        await user.open(url("whoami"));
        const state = user.visited.findLast(({ pathname }) => pathname === "/auth")?.searchParams.get("state");
        const page = await user.open(url("vouch", `/auth?state=${encodeURIComponent(state ?? "")}&${answer}`));
        assert.ok(page.status >= 400 && page.status < 500, String(page.status));
        assert.doesNotMatch(page.body, /invalid|cancel|denied|connect|http:|Vouch|OAuth/i);
        return /<strong>(\w+)<\/strong>/.exec(page.body)?.[1];
      };
      assert.equal(await callback("error=invalid_scope"), "S5");
      assert.equal(await callback("error=unauthorized_client"), "S1");
      assert.equal(await callback("error=access_denied"), undefined);
      // The provider refuses the code. Vouch tells that apart from a wrong set-up.
      assert.equal(await callback("code=wrong"), { vouch: undefined, "oauth2-proxy": "S6" }[gate]);
    });

    it("has no other paths for strangers, whatever their headers say", async () => {
      const paths = [
        "/",
        "/validate",
        "/who",
        "/oauth2/auth",
        "/oauth2/start?rd=/",
        "/oauth2/userinfo",
        "/oauth2/sign_in",
        "/oauth2/sign_out",
        "/oauth2/callback",
        "/oauth2/static/x",
        "/ping",
        "/ready",
        "/metrics",
        "/healthcheck",
        "/robots.txt",
        "/static/img/x.png",
      ];
      for (const path of paths)
        for (const headers of [
          {},
          { "user-agent": "GoogleHC/1.0" },
          { "x-forwarded-uri": "/ping", "x-original-url": "/ping" },
          { authorization: "Bearer x" },
        ])
          assert.equal((await visit("vouch", path, headers)).status, 404, path);
      const spoofed = {
        "user-agent": "GoogleHC/1.0",
        "x-auth-request-email": ann,
        "x-forwarded-email": ann,
        "x-vouch-user": ann,
        "x-forwarded-uri": "/ping",
      };
      assert.equal((await visit("whoami", "/", spoofed)).status, 302);
      const back = `/enter/whoami.${domain}/${"0".repeat(32)}/${"A".repeat(43)}`;
      assert.match(String((await visit("vouch", back, spoofed)).headers.location), /\/login\?url=/);
    });

    it("may be down while people have sessions, and says so to others", async () => {
      const user = browser(domain);
      await user.send(await user.open(url("whoami")), right);
      const container = await site.container(gate);
      await run("docker", ["stop", "--time", "0", container]);
      try {
        assert.equal((await user.open(url("whoami"))).status, 200);
        const page = await browser(domain).open(url("whoami"));
        assert.ok([502, 503, 504].includes(page.status), String(page.status));
        assert.match(page.body, /The sign-in service does not answer/);
      } finally {
        await run("docker", ["start", container]);
      }
    });

    it("logs no address and no code", async () => {
      for (const service of [gate, "nginx"]) {
        const { output } = await run("docker", ["logs", await site.container(service)]);
        assert.doesNotMatch(output, /ann@example\.com|code=|__Host-answer=/, service);
      }
    });
  });
