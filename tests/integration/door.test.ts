import assert from "node:assert/strict";
import { once } from "node:events";
import type { OutgoingHttpHeaders } from "node:http";
import http2 from "node:http2";
import { Agent } from "node:https";
import { setTimeout as sleep } from "node:timers/promises";
import { connect } from "node:tls";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { freePort } from "../../offline/support/freePort.ts";
import { run } from "../support/command.ts";
import { type Seen, startEcho as startEchoAs } from "../support/echoContainer.ts";
import { type RunningSite, runningSite } from "../support/runningSite.ts";
import { until } from "../support/until.ts";
import { type Answer, ask, cookiesOf, type Question, redirectOf, visitor } from "../support/visitor.ts";

const domain = "lab.example.com";
const whoami = { image: "docker.io/traefik/whoami:v1.11.0", port: 80, websocket: true };
const page = { accept: "text/html", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" };
const script = { "sec-fetch-mode": "cors", "sec-fetch-dest": "empty" };
const upgrade = {
  ...{ connection: "Upgrade", upgrade: "websocket", "sec-websocket-version": "13" },
  ...{ "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==", "sec-fetch-mode": "websocket", "sec-fetch-dest": "websocket" },
};
/** A valid hash, as Dex requires; it matches no password. */
const passwordHashes = { "ann@example.com": `$2b$10$${"x".repeat(53)}` };

describe("The door", () => {
  let site: RunningSite;
  let httpsPort: number;
  let echo = "";

  const hostOf = (label: string) => (label ? `${label}.${domain}` : domain);
  const visit = (label: string, path: string, headers: OutgoingHttpHeaders = {}, question: Question = {}) =>
    ask(httpsPort, hostOf(label), path, { ...question, headers });
  const person = (email: string) => visitor(() => httpsPort, email, domain);
  const ann = person("ann@example.com");
  /** On the site's list, but not on that of the app "open". */
  const eve = person("eve@example.com");
  const asAnn = async (label: string, path: string, headers: OutgoingHttpHeaders = {}, question: Question = {}) =>
    visit(label, path, { cookie: await ann.at(hostOf(label)), ...headers }, question);
  /** The request that the program behind the door received. */
  const seen = ({ body }: Answer): Seen => JSON.parse(body);

  /** Sends bytes and returns the whole response. */
  function raw(servername: string, text: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host: "127.0.0.1", port: httpsPort, servername, rejectUnauthorized: false });
      let answer = "";
      socket.setEncoding("latin1").on("data", (part) => {
        answer += part;
      });
      socket.setTimeout(10_000, () => socket.destroy(new Error(`no answer to ${text}`)));
      socket.on("error", reject).on("close", () => resolve(answer));
      socket.write(text);
    });
  }

  /** Starts the echo program in place of Jupyter. */
  async function startEcho(alias = "jupyter"): Promise<string> {
    const whoamis = await site.container("whoami");
    const { output: image } = await run("docker", ["inspect", "--format", "{{.Image}}", whoamis]);
    return startEchoAs(site, image.trim(), alias);
  }

  beforeAll(async () => {
    site = runningSite(["nginx", "vouch", "dex", "whoami", "open"]);
    httpsPort = await freePort();
    const settings = {
      domain,
      allow: ["ann@example.com", "~ve@example.com", "eve@example.com"],
      signIn: {
        users: [
          { email: "ann@example.com", name: "Ann Lee" },
          { email: "~ve@example.com", name: "Mallory" },
          { email: "odd@example.com", name: "12: # {{x}} é" },
        ],
      },
      apps: [
        { ...whoami, name: "whoami" },
        { ...whoami, name: "open", crossSite: true, allow: ["ann@example.com"] },
      ],
    };
    const hash = passwordHashes["ann@example.com"];
    const hashes = { ...passwordHashes, "~ve@example.com": hash, "odd@example.com": hash };
    const layout = { httpsPort, httpPort: await freePort() };
    const { code, output } = await site.release({ settings, layout, secrets: { passwordHashes: hashes } });
    assert.equal(code, 0, output);
    echo = await startEcho();
    await until("the echo answers", async () => (await ann.visit(hostOf("jupyter"), "/")).status === 200, 15);
  });
  afterAll(async () => {
    if (echo) await run("docker", ["rm", "--force", echo]);
    await site?.remove();
  });

  describe("refuses a request from a page of another site:", () => {
    const refused: [what: string, headers: OutgoingHttpHeaders, method?: string][] = [
      ["a form", page, "POST"],
      ["a script's request", script],
      ["a script's form", script, "POST"],
      ["an image", { "sec-fetch-mode": "no-cors", "sec-fetch-dest": "image" }],
      ["a frame", { ...page, "sec-fetch-dest": "iframe" }],
      ["a fenced frame", { ...page, "sec-fetch-dest": "fencedframe" }],
      ["a WebSocket", upgrade],
    ];
    for (const from of ["same-site", "cross-site"])
      for (const [what, headers, method = "GET"] of refused)
        it(`${what}, ${from}`, async () => {
          const asked = { ...headers, "sec-fetch-site": from };
          for (const label of ["jupyter", "whoami", ""]) {
            const answer = await asAnn(label, "/x", asked, { method });
            assert.equal(answer.status, 403, label);
            assert.match(answer.body, /another site/);
          }
          const allowed = await asAnn("open", "/x", asked, { method });
          assert.notEqual(allowed.status, 403, "an app that opted out");
          assert.equal((await eve.visit(hostOf("open"), "/x", { headers: asked, method })).status, 403, "not listed");
          assert.equal((await visit("jupyter", "/x", asked, { method })).status, 401, "a stranger");
        });

    for (const from of ["same-site", "cross-site"])
      it(`but not a link to a page, ${from}`, async () => {
        for (const method of ["GET", "HEAD"])
          assert.equal((await asAnn("jupyter", "/lab", { ...page, "sec-fetch-site": from }, { method })).status, 200);
        const stranger = await visit("jupyter", "/lab", { ...page, "sec-fetch-site": from });
        assert.match(String(stranger.headers.location), /^https:\/\/vouch\./);
      });

    it("but not from the same origin, and not without Sec-Fetch-Site", async () => {
      for (const from of [{}, { "sec-fetch-site": "same-origin" }, { "sec-fetch-site": "none" }])
        for (const [, headers, method = "GET"] of refused) {
          const { status } = await asAnn("jupyter", "/x", { ...headers, ...from }, { method });
          assert.ok([200, 101].includes(status), String(status));
        }
    });
  });

  describe("refuses to sign a user out", () => {
    /** The ways to sign out: at the gate, and at any other host name. */
    const ways = [
      { label: "vouch", path: "/logout", next: "/signed-out" },
      { label: "vouch", path: "/sso-sign-out", next: "/signed-out" },
      { label: "jupyter", path: "/sso-sign-out", next: "/logout" },
      { label: "", path: "/sso-sign-out", next: "/logout" },
    ];
    /** A user with a session at the gate and at a host name. */
    async function signedIn(label: string) {
      const user = person("eve@example.com");
      const inside = await user.at(hostOf("whoami"));
      return { cookie: label === "vouch" ? user.gate : await user.at(hostOf(label)), inside };
    }
    const isIn = async (cookie: string) => (await visit("whoami", "/", { ...script, cookie })).status === 200;
    it("by a link or an image of another site", async () => {
      for (const headers of [
        { ...page, "sec-fetch-site": "cross-site" },
        { "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors", "sec-fetch-dest": "image" },
        { "sec-fetch-site": "same-site", "sec-fetch-mode": "no-cors", "sec-fetch-dest": "image" },
      ]) {
        for (const { label, path } of ways) {
          const { cookie, inside } = await signedIn(label);
          const answer = await visit(label, path, { ...headers, cookie });
          assert.equal(answer.status, 403);
          assert.equal(answer.headers["set-cookie"], undefined);
          assert.match(answer.body, /another site/);
          assert.equal(await isIn(inside), true);
        }
      }
    });
    it("but lets somebody who is not on the list sign in as somebody else", async () => {
      const refused = await person("odd@example.com").visit(hostOf("jupyter"), "/lab", { headers: page });
      assert.equal(refused.status, 403);
      const [, path = ""] = /<a [^>]*href="([^"]*)"[^>]*>Sign in as somebody else</.exec(refused.body) ?? [];
      assert.equal(redirectOf(await visit("vouch", path, page)), "/signed-out");
    });
    it("but not from the site's own pages and the address bar", async () => {
      for (const from of [{}, ...["same-site", "same-origin", "none"].map((site) => ({ "sec-fetch-site": site }))])
        for (const { label, path, next } of ways) {
          const { cookie, inside } = await signedIn(label);
          const answer = await visit(label, path, { ...page, ...from, cookie });
          assert.equal(redirectOf(answer), next);
          assert.match(String(answer.headers["set-cookie"]), /__Host-session=; Path=\/; Max-Age=0; Secure; HttpOnly/);
          assert.equal(await isIn(inside), false);
        }
    });
  });

  describe("knows a user by nothing but the cookie that only this host name can set,", () => {
    /** Cookies that an app of the domain, or an older version of the site, can have set. EVE is her own good session's value. */
    const others = [
      "VouchCookie=EVE",
      "a=b; vouchcookie=x; VouchCookie_1of2=x; VouchCookie_2of2=x",
      "__host-session=EVE",
      "__HOST-SESSION=EVE",
      "a=b,__Host-session=EVE",
      "a=b, __Host-session=EVE",
      "sso_return=/lab?x=,__Host-session=EVE",
      "__Host-session2=EVE",
      "__Host-session =EVE",
      "a__Host-session=EVE",
      '" __Host-session=EVE',
    ];
    for (const other of others)
      it(`not by ${other}`, async () => {
        const anns = await ann.at(hostOf("jupyter"));
        const eves = await eve.at(hostOf("jupyter"));
        const cookie = other.replace("EVE", eves.slice(eves.indexOf("=") + 1));
        assert.equal((await visit("jupyter", "/api/me", { ...script, cookie })).status, 401);
        assert.equal((await visit("jupyter", "/lab", { ...page, cookie })).status, 302);
        for (const both of [`${cookie}; ${anns}`, `${anns}; ${cookie}`]) {
          const { headers } = seen(await visit("jupyter", "/", { cookie: both }));
          assert.equal(headers["x-auth-user"], "ann@example.com");
        }
      });
    it("and sends each request's own user to the program behind it", async () => {
      for (const user of ["ann@example.com", "eve@example.com", "ann@example.com"]) {
        const { headers } = seen(await (user.startsWith("ann") ? ann : eve).visit(hostOf("jupyter"), "/"));
        assert.equal(headers["x-auth-user"], user);
      }
    });
    it("and keeps no session where others can read it", async () => {
      await ann.at(hostOf("jupyter"));
      for (const kind of ["open", "keys", "used"]) {
        const { output } = await site.exec("nginx", ["sh", "-c", `cd /sessions/${kind} && stat -c '%F %a' . *`]);
        const kinds = [...new Set(output.trim().split("\n"))].map((line) => line.replace("empty ", "")).sort();
        assert.deepEqual(kinds, ["directory 700", "regular file 600"], kind);
      }
    });
  });

  describe("needs no Vouch for a user with a session,", () => {
    it("but lets nobody in who comes back from the sign-in", async () => {
      const vouch = await site.container("vouch");
      const [late, known] = [person("ann@example.com"), person("ann@example.com")];
      await known.at(hostOf("whoami"));
      await run("docker", ["kill", vouch]);
      try {
        assert.equal((await asAnn("jupyter", "/")).status, 200);
        assert.equal((await known.visit(hostOf("jupyter"), "/")).status, 200, "a host name without a session yet");
        assert.equal((await visit("jupyter", "/", script)).status, 401);
        const refused = await late.visit(hostOf("jupyter"), "/lab", { headers: page });
        assert.equal(refused.status, 503);
        assert.match(refused.body, /The sign-in service does not answer/);
        assert.equal(cookiesOf(refused), "");
      } finally {
        await run("docker", ["start", vouch]);
      }
      await until("Vouch is found again", async () => (await late.visit(hostOf("jupyter"), "/")).status === 200, 15);
    });
  });

  describe("sends to a program behind it", () => {
    it("the public host name and port, with any Host header of the request", async () => {
      const host = `jupyter.${domain}`;
      for (const given of [host, `${host}:1`, host.toUpperCase(), `${host}:${httpsPort}`]) {
        const { headers } = seen(await asAnn("jupyter", "/", { host: given }));
        assert.deepEqual([headers.host, headers["x-forwarded-host"]], Array(2).fill(`${host}:${httpsPort}`));
      }
      const absolute = `GET https://${host}/x HTTP/1.1\r\nHost: whoami.${domain}\r\nCookie: ${await ann.at(host)}\r\nConnection: close\r\n\r\n`;
      assert.match(await raw(host, absolute), new RegExp(`"host":"${host}:${httpsPort}"`));
    });

    for (const name of [
      ...["Remote-User", "Remote-Name", "Remote-Email", "Remote-Groups", "X-Remote-User", "X-WEBAUTH-USER"],
      ...["X-Forwarded-User", "X-Forwarded-Email", "X-Forwarded-Groups", "X-Forwarded-Preferred-Username"],
      ...["X-Auth-Request-User", "X-Auth-Request-Email", "X-Auth-Request-Groups", "X-Auth-Request-Preferred-Username"],
      ...["X-Vouch-User", "X-Vouch-Token", "X-Vouch-Success", "X-Vouch-IdP-Claims-Email"],
      ...["X-Vouch-IdP-Claims-Email-Verified", "X-Vouch-IdP-Claims-Login", "X-Vouch-IdP-Claims-Groups"],
      ...["Forwarded", "X-Original-URL", "X-Rewrite-URL", "Proxy", "X-Forwarded-Prefix", "X-Forwarded-Port"],
      ...["X-Forwarded-Server", "X-Session-Id", "Authorization", "X-Door-Secret-2", "X-HTTP-Method-Override"],
    ])
      it(`no ${name} header of the client`, async () => {
        const spoofed = { [name]: "mallory", [name.replaceAll("-", "_")]: "mallory" };
        const told = seen(await asAnn("jupyter", "/", spoofed)).headers;
        if (name === "X-Door-Secret-2" || name === "X-HTTP-Method-Override") {
          // The door ignores these: apps may have their own headers.
          assert.equal(told[name.toLowerCase()], "mallory");
        } else assert.doesNotMatch(JSON.stringify(told), /mallory/);
      });

    for (const [given, told] of [
      ["SESSION", undefined],
      ["a=b; SESSION; c=d", "a=b; c=d"],
      ["a=b; c=d;SESSION;\te=f", "a=b; c=d;\te=f"],
      [`SESSION; a=${"x".repeat(8000)}`, `a=${"x".repeat(8000)}`],
      ["SESSION; SESSION; _xsrf=c", "_xsrf=c"],
      ["SESSION; __host-session=x; __Host-nonce=x; sso_return=/; _xsrf=c", "_xsrf=c"],
      // Those of an older version, which a browser may still send.
      ["VouchCookie=x; SESSION; VouchCookie_1of2=x; vouchcookie=x; VouchCookie2=x; _xsrf=c", "_xsrf=c"],
    ] as const)
      it(`the browser's cookies without the session: ${given.slice(0, 60)}`, async () => {
        const cookie = given.replaceAll("SESSION", await ann.at(hostOf("jupyter")));
        assert.equal(seen(await asAnn("jupyter", "/", { cookie })).headers.cookie, told);
      });

    it("the user's own name", async () => {
      const named = async (email: string) =>
        seen(await person(email).visit(hostOf("jupyter"), "/")).headers["x-auth-name"];
      assert.equal(await named("ann@example.com"), "Ann Lee");
      assert.equal(await named("~ve@example.com"), "Mallory");
      assert.equal(await named("eve@example.com"), "eve@example.com");
    });
  });

  describe("ignores X-Accel-Redirect of a program behind it", () => {
    for (const location of ["/sso-disk", "@sign_in_page", "@allow", "@deny", "/sso-sign-out", "/who", "/lab"])
      it(`to ${location}`, async () => {
        const answer = await asAnn("jupyter", `/x?x-accel-redirect=${location}`);
        assert.equal(answer.status, 200);
        assert.equal(seen(answer).url, `/x?x-accel-redirect=${location}`);
        assert.equal(answer.headers["x-accel-redirect"], undefined);
      });
  });

  describe("with its connections to a program behind it,", () => {
    it("reuses them", async () => {
      const ports = new Set<number>();
      for (let asked = 0; asked < 12; asked++) ports.add(seen(await asAnn("jupyter", "/")).from);
      // nginx has two workers, each with its own connections.
      assert.ok(ports.size <= 2, [...ports].join(" "));
    });

    it("sends a POST only once when the program closes one", async () => {
      const hungUp = async () => seen(await asAnn("jupyter", "/")).hungUp;
      for (let sent = 1; sent <= 4; sent++) {
        await asAnn("jupyter", "/");
        assert.equal((await asAnn("jupyter", "/hang-up", script, { form: { x: "y" } })).status, 502);
        assert.equal(await hungUp(), sent);
      }
    });

    it("finds a program that was recreated at another address", async () => {
      const addressOf = async (container: string) => {
        const format = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}";
        return (await run("docker", ["inspect", "--format", format, container])).output.trim();
      };
      const before = await addressOf(echo);
      await run("docker", ["rm", "--force", echo]);
      const down = async () => {
        const { status, body } = await asAnn("jupyter", "/lab", page);
        // 504 while nginx still has the old address.
        assert.ok([502, 504].includes(status), String(status));
        assert.match(body, /Just a moment/);
      };
      await down();
      const another = await startEcho("another");
      try {
        echo = await startEcho();
        assert.deepEqual([await addressOf(another), (await addressOf(echo)) === before], [before, false]);
        await until("it is found", async () => (await asAnn("jupyter", "/")).status === 200, 10);
      } finally {
        await run("docker", ["rm", "--force", another]);
      }
    });
  });

  describe("sandboxes content written by notebooks' authors", () => {
    const policies = (answer: Answer) => String(answer.headers["content-security-policy"] ?? "");
    for (const path of ["/files/a.html", "/nbconvert/html/a.ipynb", "/files/..%2fwork/a.html", "/files//a.svg"])
      it(`at ${path}`, async () => {
        const answer = await asAnn("jupyter", path, page);
        assert.equal(policies(answer), "sandbox allow-scripts");
        assert.equal(answer.headers["x-content-type-options"], "nosniff");
        // Jupyter's own policy applies, too.
        const own = await asAnn("jupyter", `${path}?content-security-policy=frame-ancestors%20'self'`, page);
        assert.match(policies(own), /frame-ancestors 'self'/);
        assert.match(policies(own), /sandbox allow-scripts/);
      });
    it("but not other pages", async () => {
      for (const path of ["/lab", "/lab/tree/files/a", "/api/contents/files/a.html", "/filesystem", "/nbconvert.html"])
        assert.equal(policies(await asAnn("jupyter", path, page)), "", path);
      assert.equal((await asAnn("jupyter", "/lab", page)).headers["x-content-type-options"], "nosniff");
    });
  });

  describe("forbids other pages to frame", () => {
    const attempt = "0".repeat(32);
    const hash = "A".repeat(43);
    const rows: [label: string, path: string, status: number, headers?: OutgoingHttpHeaders][] = [
      ["open", "/lab", 403],
      ["jupyter", `/sso-return/${attempt}`, 401],
      ["jupyter", `/sso-return/${attempt}`, 400, { cookie: "__Host-nonce=x" }],
      ["vouch", `/enter/jupyter.${domain}/${attempt}/${hash}/${hash}`, 401],
      ["vouch", `/enter/jupyter.${domain}/${attempt}/${hash}`, 302],
      ["vouch", "/signed-out", 200],
      ["vouch", "/login", 400],
      ["dex", "/auth/local/login?back=&state=unknown", 400],
      ["dex", "/keys", 200],
    ];
    for (const [label, path, status, headers] of rows)
      it(`${label}.${domain}${path.slice(0, 60)}, ${status}`, async () => {
        const answer =
          label === "open"
            ? await eve.visit(hostOf(label), path, { headers: page })
            : await visit(label, path, { ...page, ...headers });
        assert.equal(answer.status, status);
        assert.match(String(answer.headers["content-security-policy"]), /frame-ancestors 'none'/);
        assert.equal(answer.headers["x-content-type-options"], "nosniff");
      });
  });

  describe("serves no other host name", () => {
    it("even on a connection for a host name of the site", async () => {
      const answer = await raw(`jupyter.${domain}`, "GET / HTTP/1.1\r\nHost: evil.test\r\nConnection: close\r\n\r\n");
      assert.match(answer, /^HTTP\/1\.1 421 /);
    });
    it("and answers a malformed request at each host name with a page", async () => {
      for (const label of ["jupyter.", "vouch.", "dex.", ""])
        for (const request of ["GET / HTTP/1.1\r\nHost: a b\r\n\r\n", "\x01\x02\r\n\r\n", "GET\r\n\r\n"])
          assert.match(
            await raw(`${label}${domain}`, request),
            /^(HTTP\/1\.1 400 |<!doctype html>)[\s\S]*(This address cannot be read|Signing in did not work)|^(HTTP\/1\.1 400 |<html>\r\n<head><title>400 )/,
            label,
          );
    });
    it("and answers a malformed request at Vouch's host name with Vouch's page", async () => {
      const malformed = await raw(`vouch.${domain}`, `GET /%zz HTTP/1.1\r\nHost: vouch.${domain}\r\n\r\n`);
      assert.match(malformed, /^HTTP\/1\.1 400 /);
      assert.match(malformed, /Signing in did not work/);
    });
  });

  describe("redirects after sign-in to the requested page:", () => {
    const keeps = [
      "/lab/tree/a%20b.ipynb?x=1&y=%22",
      "/lab?filter={a|b}^`[c]",
      "/lab?columns=a,b,c&d=,",
      `/lab/${"a".repeat(3700)}`,
      "/lab?a=http://evil.test/&b=%0d%0a",
    ];
    const drops = ["/a;b", '/a"b', "/a\\b", `/${"a".repeat(3900)}`, "/a<b"];
    /** Begins a sign-in: returns the path of the return, and the cookies of the attempt. */
    async function begin(path: string) {
      const asked = await visit("jupyter", path, page);
      assert.equal(asked.status, 302, path);
      assert.match(
        String(asked.headers.location),
        new RegExp(`^https://vouch\\.lab\\.example\\.com:${httpsPort}/enter/`),
      );
      const [nonce = "", wanted = ""] = [asked.headers["set-cookie"] ?? []].flat();
      const [cookie = "", ...attributes] = wanted.split("; ");
      // A user with a session at the gate is sent back at once.
      await ann.at(hostOf("jupyter"));
      const back = redirectOf(await visit("vouch", redirectOf(asked), { ...page, cookie: ann.gate }));
      return { back, cookie, attributes, nonce: nonce.slice(0, nonce.indexOf(";")) };
    }
    const comeBack = (back: string, ...cookies: string[]) =>
      visit("jupyter", back, { ...page, cookie: cookies.join("; ") });
    const pathIn = (back: string) => back.slice(0, back.indexOf("?"));

    for (const path of keeps)
      it(path.slice(0, 60), async () => {
        const { back, cookie, attributes, nonce } = await begin(path);
        assert.equal(cookie, `sso_return=${path}`);
        assert.ok(cookie.length <= 4096, "what browsers keep");
        assert.deepEqual(attributes, [`Path=${pathIn(back)}`, "Max-Age=900", "Secure", "HttpOnly", "SameSite=Lax"]);
        const answer = await comeBack(back, nonce, cookie);
        assert.deepEqual([answer.status, answer.headers.location], [302, path]);
        const [forgotten = "", session = ""] = [answer.headers["set-cookie"] ?? []].flat();
        assert.match(forgotten, new RegExp(`^sso_return=; Path=${pathIn(back)}; Max-Age=0;`));
        assert.match(session, /^__Host-session=[^;]+; Path=\/; Max-Age=\d+; Secure; HttpOnly; SameSite=Lax$/);
      });
    it("in each tab to its own, in any order", async () => {
      const paths = ["/lab/tree/one.ipynb", "/lab/tree/two.ipynb", "/lab/tree/three.ipynb"];
      // All tabs of a browser have one secret: the first to come back has a session for the others.
      const first = await visit("jupyter", "/", page);
      const nonce = cookiesOf(first).split("; ")[0] ?? "";
      const tabs = await Promise.all(
        paths.map(async (path) => {
          const asked = await visit("jupyter", path, { ...page, cookie: nonce });
          const [again = "", wanted = ""] = cookiesOf(asked).split("; ");
          assert.equal(again, nonce);
          await ann.at(hostOf("jupyter"));
          const back = redirectOf(await visit("vouch", redirectOf(asked), { ...page, cookie: ann.gate }));
          return { back, wanted };
        }),
      );
      assert.equal(new Set(tabs.map(({ back }) => pathIn(back))).size, 3);
      // A browser sends a cookie only to its own path.
      const [last, ...others] = tabs.toReversed();
      const arrived = await comeBack(last?.back ?? "", nonce, last?.wanted ?? "");
      const session = cookiesOf(arrived);
      const answers = await Promise.all(others.map(({ back, wanted }) => comeBack(back, session, wanted)));
      assert.deepEqual(
        [arrived, ...answers].map(({ headers }) => headers.location),
        paths.toReversed(),
      );
    });
    it("or shows a page that waits, for an address that a cookie cannot hold", async () => {
      for (const path of drops) {
        const { status, headers, body } = await visit("jupyter", path, page);
        assert.deepEqual([status, headers["set-cookie"], headers.location], [401, undefined, undefined], path);
        assert.match(
          body,
          /http-equiv="refresh"[\s\S]*Sign in first[\s\S]*<a class="button" href="\/sso-signed-in" target="_blank">Sign in</,
        );
        assert.match(String(headers["content-type"]), /^text\/html/);
      }
      assert.equal((await begin("//evil.test/")).cookie, "sso_return=/");
    });
    for (const path of [...drops, "//evil.test/", "/sso-return", "/sso-sign-out", "/\x80"].filter(
      (path) => !path.includes(";"),
    ))
      it(`but to the front page instead of ${path.slice(0, 60)}`, async () => {
        const { back, nonce } = await begin("/lab");
        const answer = await comeBack(back, nonce, `sso_return=${path}`);
        assert.deepEqual([answer.status, answer.headers.location], [302, "/"]);
        // With a session, no hand-over is necessary.
        const again = await comeBack(`/sso-return/${"0".repeat(32)}`, cookiesOf(answer), `sso_return=${path}`);
        assert.deepEqual([again.status, again.headers.location], [302, "/"]);
      });
    it("even if that contains a comma, behind which nginx finds cookies", async () => {
      const eves = await eve.at(hostOf("jupyter"));
      for (const path of [`/a,${eves}`, "/a,__Host-nonce=x", "/a,b,sso_return=/c", "/a,VouchCookie=x"]) {
        const { back, cookie, nonce } = await begin(path);
        const answer = await comeBack(back, cookie, nonce);
        assert.deepEqual([answer.status, answer.headers.location], [302, path]);
        const { headers } = seen(await visit("jupyter", "/", { cookie: cookiesOf(answer) }));
        assert.equal(headers["x-auth-user"], "ann@example.com");
      }
    });
    it("and uses no similar path for itself", async () => {
      for (const path of [
        "/sso-return",
        "/sso-return/",
        "/sso-return/x",
        `/sso-return/${"0".repeat(33)}`,
        `/sso-return/${"A".repeat(32)}`,
      ])
        assert.equal(seen(await asAnn("jupyter", path, page)).url, path);
    });
  });

  describe("reports to scripts, with a message that JupyterLab shows,", () => {
    const rows: [what: string, answer: () => Promise<Answer>, status: number, message: RegExp][] = [
      [
        "that the session is over",
        () => visit("jupyter", "/api/contents/a.ipynb", script, { method: "PUT" }),
        401,
        /^Your session is over\. Sign in again at https:\/\/jupyter\.lab\.example\.com:\d+\/ in a new tab, then save again\.$/,
      ],
      [
        "that the session is over, for a WebSocket",
        () => visit("jupyter", "/api/events/subscribe", upgrade),
        401,
        /^Your session is over/,
      ],
      [
        "that the user is not on the allow list",
        () => eve.visit(hostOf("open"), "/api/me", { headers: script }),
        403,
        /not on the list/,
      ],
      [
        "that a page of another site sent the request",
        () => asAnn("jupyter", "/api/me", { ...script, "sec-fetch-site": "cross-site" }),
        403,
        /^A page of another site/,
      ],
      [
        "that a file is too large",
        () =>
          asAnn("jupyter", "/api/contents/a.ipynb", { ...script, "content-length": 600_000_000 }, { method: "PUT" }),
        413,
        /512 MB/,
      ],
    ];
    for (const [what, answer, status, message] of rows)
      it(what, async () => {
        const { status: seen, headers, body } = await answer();
        assert.deepEqual([seen, headers["content-type"]], [status, "application/json"]);
        assert.match(JSON.parse(body).message, message);
      });
  });

  it("answers a form with a page if the session is over", async () => {
    const { status, headers, body } = await visit("whoami", "/", page, { form: { name: "x" } });
    assert.deepEqual([status, headers["content-type"], headers["cache-control"]], [401, "text/html", "no-store"]);
    assert.match(body, /Your session is over[\s\S]*reload this page/);
  });

  describe("accepts headers up to one limit, at every host name and with every protocol:", () => {
    const names = ["jupyter", "whoami", "open", "vouch", "dex", ""];
    const paths: Record<string, string> = { vouch: "/signed-out", dex: "/keys" };
    const pathOf = (label: string) => paths[label] ?? "/";
    /** Cookies of a parent domain with this total size. */
    const cookies = (bytes: number) =>
      Array.from({ length: bytes / 500 }, (_, n) => `c${n}=${"x".repeat(490 - String(n).length)}`);

    async function byHttp2(label: string, cookie: string[]): Promise<{ status: number; body: string }> {
      const host = label ? `${label}.${domain}` : domain;
      const client = http2.connect(`https://127.0.0.1:${httpsPort}`, {
        ...{ servername: host, rejectUnauthorized: false },
      });
      try {
        const asked = client.request({ ...page, ":path": pathOf(label), ":authority": `${host}:${httpsPort}`, cookie });
        const [answer] = await once(asked, "response");
        let body = "";
        for await (const part of asked.setEncoding("utf8")) body += part;
        return { status: answer[":status"], body };
      } finally {
        client.destroy();
      }
    }

    for (const label of names)
      it(`30 KB of cookies at ${label || "the front page"}`, async () => {
        const cookie = [...cookies(30_000), ["vouch", "dex"].includes(label) ? "a=b" : await ann.at(hostOf(label))];
        const one = await visit(label, pathOf(label), { ...page, cookie: cookie.join("; ") });
        assert.deepEqual([one.status, (await byHttp2(label, cookie)).status], [200, 200]);
      });
    it("30 KB of cookies for a WebSocket", async () => {
      for (const label of ["jupyter", "whoami"]) {
        const cookie = [...cookies(30_000), await ann.at(hostOf(label))].join("; ");
        assert.equal((await visit(label, "/echo", { ...upgrade, cookie })).status, 101, label);
      }
    });
    for (const label of names)
      it(`but answers more with a page, at ${label || "the front page"}`, async () => {
        const one = await visit(label, pathOf(label), { ...page, cookie: cookies(40_000).join("; ") });
        const two = await byHttp2(label, cookies(40_000));
        for (const { status, body } of [one, two]) {
          assert.equal(status, 431);
          assert.match(body, /Your browser sends too many cookies[\s\S]*Delete the cookies/);
        }
        const told = await visit(label, pathOf(label), { ...script, cookie: cookies(40_000).join("; ") });
        assert.equal(told.status, 431);
        assert.match(JSON.parse(told.body).message, /too many cookies/);
        const address = await visit(label, `/${"a".repeat(33_000)}`, page);
        assert.equal(address.status, 414);
        assert.match(address.body, /This address is too long/);
      });
    it("and a response with several large cookies", async () => {
      const set = `a=${"x".repeat(3900)}; Path=/; X=${"y".repeat(3900)}`;
      assert.equal((await asAnn("jupyter", `/?set-cookie=${encodeURIComponent(set)}`)).headers["set-cookie"]?.[0], set);
    });
    it("and does not serve its error pages at separate paths", async () => {
      for (const label of names)
        assert.equal((await visit(label, "/sso-limits/too-many.html", page)).status, 404, label);
    });
  });

  it("accepts a long URL with cookies of several KB", async () => {
    const path = `/lab/${"a".repeat(1490)}`;
    const cookie = [
      await ann.at(hostOf("jupyter")),
      `sso_return=${path}`,
      `_xsrf=2|${"0".repeat(60)}`,
      `app=${"x".repeat(4500)}`,
    ].join("; ");
    const headers = { ...page, cookie, referer: `https://jupyter.${domain}:${httpsPort}${path}` };
    const long = { "user-agent": "x".repeat(200), "accept-language": "en", "sec-ch-ua": "y".repeat(200) };
    assert.equal((await visit("jupyter", path, { ...headers, ...long })).status, 200);
    const client = http2.connect(`https://127.0.0.1:${httpsPort}`, {
      servername: `jupyter.${domain}`,
      rejectUnauthorized: false,
    });
    try {
      const authority = `jupyter.${domain}:${httpsPort}`;
      const asked = client.request({ ":path": path, ":authority": authority, ...headers, ...long });
      const [answer] = await once(asked, "response");
      assert.equal(answer[":status"], 200);
    } finally {
      client.destroy();
    }
  });

  it("keeps WebSockets open during more half-sent requests than it accepts connections", async () => {
    const workers = async () =>
      (await run("docker", ["top", await site.container("nginx"), "-eo", "pid,args"])).output.match(
        /^ *\d+ .*worker process$/gm,
      );
    const before = await workers();
    assert.equal(before?.length, 2);
    const open = () =>
      connect({ host: "127.0.0.1", port: httpsPort, servername: `jupyter.${domain}`, rejectUnauthorized: false });
    const ended: string[] = [];
    const cookie = await ann.at(hostOf("jupyter"));
    const heads = Object.entries({ ...upgrade, host: `jupyter.${domain}`, cookie }).map(
      ([name, value]) => `${name}: ${value}`,
    );
    const kept = Array.from({ length: 4 }, (_, number) => {
      const socket = open();
      socket.on("close", () => ended.push(`WebSocket ${number}`)).on("error", () => {});
      socket.write(`GET /api HTTP/1.1\r\n${heads.join("\r\n")}\r\n\r\n`);
      return socket;
    });
    await Promise.all(kept.map((socket) => once(socket, "data")));
    // The maximum of a request: one buffer for the URL, one for a header.
    const halfSent = `GET /${"x".repeat(32_000)} HTTP/1.1\r\nHost: jupyter.${domain}\r\nx: ${"x".repeat(32_000)}`;
    const attackers = Array.from({ length: 2500 }, () => {
      const socket = open();
      socket.on("error", () => {}).write(halfSent);
      return socket;
    });
    try {
      await Promise.all(
        attackers.map((socket) =>
          Promise.race([once(socket, "secureConnect"), once(socket, "close"), sleep(8000)]).catch(() => {}),
        ),
      );
      assert.deepEqual(ended, []);
      assert.deepEqual(await workers(), before);
    } finally {
      for (const socket of [...attackers, ...kept]) socket.destroy();
    }
    await until("the door answers as before", async () => (await asAnn("jupyter", "/")).status === 200, 15);
    const { output } = await run("docker", [
      "inspect",
      "--format",
      "{{.State.OOMKilled}} {{.RestartCount}}",
      await site.container("nginx"),
    ]);
    assert.equal(output.trim(), "false 0");
    assert.doesNotMatch((await run("docker", ["logs", await site.container("nginx")])).output, /exited on signal/);
  });

  describe("shows a way out of a sign-in at Dex that cannot continue:", () => {
    for (const [path, status] of [
      ["/auth/local/login?back=&state=unknown", 400],
      ["/auth/local/login?back=&state=", 400],
      ["/auth", 302],
      ["/auth/local", 404],
      ["/auth/nobody?client_id=vouch", 400],
    ] as const)
      it(`${path}`, async () => {
        const answer = await visit("dex", path, page);
        assert.equal(answer.status, status);
        if (status !== 302) assert.match(answer.body, /Signing in did not work[\s\S]*Try again/);
      });
    /** Opens Dex like a tab that was redirected to sign in; returns the path of its form. */
    async function openForm(): Promise<string> {
      let location = (await visit("whoami", "/x", page)).headers.location;
      for (;;) {
        const { hostname, pathname, search } = new URL(String(location), `https://dex.${domain}:${httpsPort}`);
        const answer = await visit(hostname.replace(`.${domain}`, ""), pathname + search, page);
        if (answer.status === 200) return pathname + search;
        assert.equal(answer.status, 302, `${hostname}${pathname}`);
        location = answer.headers.location;
      }
    }
    it("but opens the form in 32 tabs at once", async () => {
      assert.equal(new Set(await Promise.all(Array.from({ length: 32 }, openForm))).size, 32);
    });
    it("but shows the form again after a wrong password", async () => {
      const form = await openForm();
      const answer = await visit("dex", form, page, { form: { login: "ann@example.com", password: "wrong" } });
      assert.equal(answer.status, 401);
      assert.match(answer.body, /Invalid Email Address and password/);
    });
    for (const path of ["/auth/local%2flogin", "/callback/..%2fkeys", "/auth/%6cocal", "/auth//local", "/auth/../keys"])
      it(`but refuses a path that Dex and nginx read differently: ${path}`, async () => {
        const request = `GET ${path} HTTP/1.1\r\nHost: dex.${domain}\r\nConnection: close\r\n\r\n`;
        // nginx's own response, not one of Dex that nginx replaced by a page.
        assert.match(await raw(`dex.${domain}`, request), /^HTTP\/1\.1 404 [\s\S]*<center>nginx<\/center>/);
      });
    it("but refuses a path of more than 1,500 characters, which Dex would keep in memory", async () => {
      const { status, body } = await visit("dex", `/auth/local?client_id=vouch&state=${"x".repeat(1500)}`, page);
      assert.equal(status, 414);
      assert.match(body, /This address is too long/);
    });
    it("but limits the rate of sign-ins", async () => {
      const agent = new Agent({ keepAlive: true, maxSockets: 8 });
      const ask = (headers: OutgoingHttpHeaders, form?: Record<string, string>) =>
        visit("dex", "/auth/local/login?state=x", headers, { agent, ...(form && { form }) });
      // Each second allows a few more requests: only within one burst is a refusal of each kind certain.
      const many = (count: number, one: () => ReturnType<typeof ask>) => Array.from({ length: count }, one);
      const [pages, forms, programs] = await Promise.all(
        [
          many(260, () => ask(page)),
          many(32, () => ask(page, { login: "ann@example.com", password: "x" })),
          many(32, () => ask(script)),
        ].map((group) => Promise.all(group)),
      );
      const refusedOf = (answers: Answer[] = []) => answers.filter(({ status }) => status === 429);
      for (const refused of [refusedOf(pages), refusedOf(forms)]) {
        assert.ok(refused.length > 0);
        for (const { headers, body } of refused) {
          assert.equal(headers["retry-after"], "5");
          assert.match(body, /http-equiv="refresh" content="5"[\s\S]*Too many requests at once/);
        }
      }
      const [first] = refusedOf(programs);
      assert.match(JSON.parse(first?.body ?? "").message, /^Too many requests at once/);
      agent.destroy();
    });
  });
});
