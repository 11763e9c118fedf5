import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { request as plainRequest } from "node:http";
import { Agent } from "node:https";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import {
  ask as askEdge,
  certificate,
  proxied,
  publicCa,
  type TestEdge,
  testEdge,
  zone,
} from "../../offline/edge/testing.ts";
import { clientCertificate } from "../../offline/support/certificate.ts";
import { freePort } from "../../offline/support/freePort.ts";
import { run } from "../support/command.ts";
import { type RunningSite, runningSite } from "../support/runningSite.ts";
import { ask, navigation, type Question, redirectOf, visitor } from "../support/visitor.ts";

const domain = "lab.example.com";
const jupyter = `jupyter.${domain}`;
const phpdemo = `phpdemo.${domain}`;
const vouch = `vouch.${domain}`;
const dex = `dex.${domain}`;
const names = [domain, jupyter, phpdemo, vouch, dex];
const page = { accept: "text/html", "sec-fetch-mode": "navigate" };
const script = { "sec-fetch-mode": "cors" };
const upgrade = {
  connection: "Upgrade",
  upgrade: "websocket",
  "sec-websocket-version": "13",
  "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
};

/** A hash that no test signs in with; Dex accepts only valid hashes. */
const hash = `$2b$10$${"N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy"}`;
const html = "<html><body><p>Write to carol@example.com</p></body></html>\n";
const files = ["data.csv", "doc.pdf", "pic.svg", "pic.png", "s.js", "book.xlsx", "all.zip"];
/** Paths that Cloudflare would cache by their extension, and their pages for a signed-in user. */
const kept: [host: string, path: string][] = [
  ...files.flatMap((file) =>
    [`/api/contents/${file}`, `/api/contents/${file}?content=1&v=1`, `/files/${file}`, `/files/${file}?v=1`].map(
      (path): [string, string] => [jupyter, path],
    ),
  ),
  [jupyter, "/api/contents/data%2Ecsv"],
  [jupyter, "/api/contents/DATA.CSV"],
  [jupyter, "/lab/tree/data.csv"],
  [jupyter, "/lab/tree/x.css"],
  [jupyter, "/lab/api/translations/x.css"],
  [jupyter, "/static/favicons/favicon.ico"],
  [jupyter, "/static/logo/logo.png"],
  [jupyter, "/kernelspecs/python3/logo-64x64.png"],
  [jupyter, "/kernelspecs/python3/logo-svg.svg"],
  [phpdemo, "/style.css"],
  [phpdemo, "/style.css?v=1"],
  [phpdemo, "/style.css?v=2"],
];

describe("A site behind Cloudflare", () => {
  const own = clientCertificate();
  let site: RunningSite;
  let ports: { httpsPort: number; httpPort: number };
  let edge: TestEdge;

  async function release(allow: string[]): Promise<void> {
    const { code, output } = await site.release({
      edge: { ipv4: ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"], ipv6: [] },
      layout: ports,
      secrets: { ...own, passwordHashes: { "ann@example.com": hash } },
      settings: {
        allow,
        apps: [
          {
            name: "phpdemo",
            image: "docker.io/serversideup/php:8.4-fpm-nginx-v4.5.3",
            port: 8080,
            path: "/healthcheck",
            files: { "/var/www/html": "files/php-demo" },
          },
        ],
      },
    });
    assert.equal(code, 0, output);
  }

  beforeAll(async () => {
    ports = { httpsPort: await freePort(), httpPort: await freePort() };
    site = runningSite(["nginx", "vouch", "dex", "jupyter", "phpdemo"]);
    await release(["ann@example.com", "bob@example.com"]);
    // The release has created the folder.
    const folder = String(site.host.layout.notebooks);
    for (const file of [...files, "DATA.CSV", "x.css"]) writeFileSync(`${folder}/${file}`, "one,two\n1,2\n");
    writeFileSync(`${folder}/page.html`, html);
    edge = await testEdge(ports.httpsPort, {
      zones: [
        zone({
          name: domain,
          ssl: "full",
          certificate: certificate([domain, `*.${domain}`], { issuer: publicCa }),
        }),
      ],
      records: names.map((name) => proxied(name, "127.0.0.1")),
      clientCertificates: Object.fromEntries(
        names.map((name) => [name, { certificate: own.clientCertificate, privateKey: own.clientKey }]),
      ),
    });
  });
  afterAll(async () => {
    await edge?.stop();
    await site?.remove();
  });

  const agent = new Agent({ cert: own.clientCertificate, key: own.clientKey, rejectUnauthorized: false });
  const person = (email: string) => visitor(() => ports.httpsPort, email, domain, {}, agent);
  const people = { "ann@example.com": person("ann@example.com"), "bob@example.com": person("bob@example.com") };

  const through = async (host: string, path: string, who?: keyof typeof people) =>
    // Jupyter serves files only to its own pages, which it recognizes by this site's port.
    askEdge(edge, host, {
      path,
      headers: {
        ...page,
        referer: `https://${host}:${ports.httpsPort}/`,
        ...(who ? { cookie: await people[who].at(host) } : {}),
      },
    });

  it("serves its pages and files unchanged", async () => {
    const [, signed] =
      /<span class="person">(.*)<\/span>/.exec((await through(domain, "/", "bob@example.com")).body) ?? [];
    assert.equal(signed, "Signed in as bob@example.com");
    assert.equal((await through(jupyter, "/files/page.html", "ann@example.com")).body, html);
  });

  it("is not cached: pages shown to one user are refused to strangers, and to users removed from the allow list", async () => {
    assert.ok(kept.length >= 40);
    const refused: string[] = [];
    for (const [host, path] of kept) {
      const { status } = await through(host, path, "bob@example.com");
      if (status !== 200) refused.push(`${host}${path} ${status}`);
    }
    assert.deepEqual(refused, []);
    await release(["ann@example.com"]);
    const seen: string[] = [];
    for (const [host, path] of kept)
      for (const who of [undefined, "bob@example.com"] as const) {
        const { status, headers } = await through(host, path, who);
        if (status === 200 || headers["cf-cache-status"] === "HIT") seen.push(`${host}${path} ${who} ${status}`);
      }
    assert.deepEqual(seen, []);
  });

  it("forbids caching exactly once in every response", async () => {
    const ann = people["ann@example.com"];
    const at = async (host: string) => ({ cookie: await ann.at(host) });
    const [anns, atJupyter, atPhpdemo] = [await at(domain), await at(jupyter), await at(phpdemo)];
    const enter = redirectOf(await ask(ports.httpsPort, jupyter, "/", { headers: page, agent }));
    const login = redirectOf(await ask(ports.httpsPort, vouch, enter, { headers: page, agent }));
    const bobs = await person("bob@example.com").visit(jupyter, "/lab", { headers: page });
    assert.equal(bobs.status, 403);
    assert.equal(bobs.headers["cloudflare-cdn-cache-control"], "no-store");
    const expected: [host: string, path: string, headers: NonNullable<Question["headers"]>, status: number][] = [
      [domain, "/", { ...page, ...anns }, 200],
      [domain, "/nothing.css", { ...page, ...anns }, 404],
      [domain, "/", page, 302],
      [domain, `/sso-return/${"0".repeat(32)}`, page, 401],
      [domain, `/sso-return/${"0".repeat(32)}`, { ...page, cookie: "__Host-nonce=x" }, 400],
      [domain, `/sso-return/${"0".repeat(32)}`, { ...page, ...anns }, 302],
      [domain, "/sso-sign-out", page, 302],
      [domain, "/sso-sign-out", { ...page, "sec-fetch-site": "cross-site" }, 403],
      [jupyter, "/api/me", script, 401],
      [jupyter, "/api/me", { ...script, ...atJupyter, "sec-fetch-site": "cross-site" }, 403],
      [jupyter, "/api/me", { ...script, ...atJupyter }, 200],
      [jupyter, "/api/contents/none.csv", { ...script, ...atJupyter }, 404],
      [jupyter, "/lab", { ...page, ...atJupyter }, 200],
      [
        jupyter,
        "/api/events/subscribe",
        { ...upgrade, ...atJupyter, origin: `https://${jupyter}:${ports.httpsPort}` },
        101,
      ],
      [jupyter, "/api/kernels/x/channels", upgrade, 401],
      [phpdemo, "/style.css", { ...script, ...atPhpdemo }, 200],
      [vouch, "/", page, 404],
      [vouch, "/enter/x", page, 404],
      [vouch, enter, page, 302],
      [vouch, enter, { ...page, cookie: ann.gate }, 302],
      [vouch, `${enter}/${"A".repeat(43)}`, page, 401],
      [vouch, "/login", page, 400],
      [vouch, login, page, 302],
      [vouch, "/signed-out", page, 200],
      [vouch, "/logout", page, 302],
      [dex, "/", page, 404],
      [dex, "/keys", script, 200],
      [dex, "/.well-known/openid-configuration", script, 200],
    ];
    const check = async (rows: typeof expected) => {
      for (const [host, path, headers, status] of rows) {
        const answer = await ask(ports.httpsPort, host, path, { headers, agent });
        assert.equal(answer.status, status, `${host}${path}: ${answer.body.slice(0, 200)}`);
        assert.equal(answer.headers["cloudflare-cdn-cache-control"], "no-store", `${host}${path} ${status}`);
        if (String(answer.headers["content-type"]).startsWith("text/html"))
          assert.match(String(answer.headers["cache-control"]), /\bno-transform\b/, `${host}${path} ${status}`);
      }
    };
    await check(expected);
    assert.equal(await redirected(), "no-store");

    await run("docker", ["stop", "--time", "1", await site.container("phpdemo"), await site.container("vouch")]);
    // nginx keeps an address for two seconds; with it, the answer is 504 after a while.
    await new Promise((resolve) => setTimeout(resolve, 6000));
    await check([
      [phpdemo, "/style.css", { ...script, ...atPhpdemo }, 502],
      [phpdemo, "/", { ...page, ...atPhpdemo }, 502],
      [vouch, login, page, 502],
    ]);
    // Somebody who comes back from the provider while Vouch is down.
    const late = await person("ann@example.com").visit(phpdemo, "/", { headers: navigation });
    assert.equal(late.status, 503);
    assert.equal(late.headers["cloudflare-cdn-cache-control"], "no-store");
  });

  /** The response of the redirect from HTTP. */
  const redirected = () =>
    new Promise((resolve, reject) => {
      const asked = plainRequest(
        { host: "127.0.0.1", port: ports.httpPort, path: "/x.css", headers: { host: jupyter } },
        (response) => {
          response.resume();
          assert.equal(response.statusCode, 301);
          resolve(response.headers["cloudflare-cdn-cache-control"]);
        },
      );
      asked.on("error", reject).end();
    });
});
