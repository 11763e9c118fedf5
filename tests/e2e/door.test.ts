import assert from "node:assert/strict";
import { type OutgoingHttpHeaders, request as plainRequest } from "node:http";
import { request } from "node:https";
import { after, before, describe, it } from "node:test";
import { Clone } from "./support/clone.ts";
import { docker } from "./support/docker.ts";

interface Answer {
  status: number;
  location: string;
  body: string;
}

const PORT = 8443;
const page = { "sec-fetch-mode": "navigate", accept: "text/html" };
const script = { "sec-fetch-mode": "cors" };

/** Asks the site as a stranger: no cookie, straight to the loopback address. */
function ask(
  host: string,
  path: string,
  { method = "GET", headers = {} }: { method?: string; headers?: OutgoingHttpHeaders } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request(
      {
        host: "127.0.0.1",
        port: PORT,
        servername: host,
        path,
        method,
        headers: { host: `${host}:${PORT}`, ...headers },
        rejectUnauthorized: false,
        timeout: 10_000,
      },
      (response) => {
        let body = "";
        response.setEncoding("utf8").on("data", (part) => {
          body += part;
        });
        response.on("end", () =>
          resolve({ status: response.statusCode ?? 0, location: response.headers.location ?? "", body }),
        );
      },
    );
    asked.on("upgrade", (response, socket) => {
      socket.destroy();
      resolve({ status: response.statusCode ?? 0, location: "", body: "" });
    });
    asked.on("error", reject).end();
  });
}

const upgrade = {
  connection: "Upgrade",
  upgrade: "websocket",
  "sec-websocket-version": "13",
  "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
};
const jupyter = "jupyter.lab.localhost";
const vouch = "vouch.lab.localhost";
const dex = "dex.lab.localhost";
const phpdemo = "phpdemo.lab.localhost";
const front = "lab.localhost";
const signInTo = (name: string) => `https://${vouch}:${PORT}/login?url=https://${name}:${PORT}/sso-return`;
const signIn = signInTo(jupyter);

/** Every path that a stranger can reach, and what they get. */
const answers: [
  host: string,
  path: string,
  headers: OutgoingHttpHeaders,
  status: number,
  location?: string | RegExp,
][] = [
  [front, "/", page, 302, signInTo(front)],
  [front, "/anything", page, 302, signInTo(front)],
  [front, "/index.html", page, 302, signInTo(front)],
  [front, "/", script, 401],
  [front, "/sso-return", page, 401],
  [front, "/sso-validate", page, 404],
  [phpdemo, "/", page, 302, signInTo(phpdemo)],
  [phpdemo, "/index.php", page, 302, signInTo(phpdemo)],
  [phpdemo, "/style.css", script, 401],
  [phpdemo, "/healthcheck", script, 401],
  [phpdemo, "/", { ...script, "x-auth-user": "you@example.com" }, 401],
  [phpdemo, "/", upgrade, 401],
  [phpdemo, "/sso-return", page, 401],
  // A page is sent to sign in; anything else gets a plain 401.
  [jupyter, "/", page, 302, signIn],
  [jupyter, "/lab/tree/a.ipynb?x=1", page, 302, signIn],
  [jupyter, "/sso-anything", page, 302, signIn],
  [jupyter, "/api/contents", script, 401],
  [jupyter, "/api", script, 401],
  [jupyter, "/api/kernels/x/channels", upgrade, 401],
  [jupyter, "/", { ...page, "sec-fetch-dest": "iframe" }, 401],
  [jupyter, "/static/x.js", {}, 401],
  // What another site's page asks for: its link leads to sign in, and all else is nobody's.
  [jupyter, "/lab", { ...page, "sec-fetch-site": "cross-site" }, 302, signIn],
  [jupyter, "/lab", { ...page, "sec-fetch-site": "same-site", "sec-fetch-dest": "iframe" }, 401],
  [jupyter, "/api/contents", { ...script, "sec-fetch-site": "same-site" }, 401],
  [jupyter, "/api/kernels/x/channels", { ...upgrade, "sec-fetch-site": "cross-site" }, 401],
  // Nobody can say who they are by themselves.
  [jupyter, "/api/me", { ...script, "x-auth-user": "you@example.com", "x-auth-name": "You" }, 401],
  [jupyter, "/api/me", { ...script, "x-vouch-user": "you@example.com" }, 401],
  [
    jupyter,
    "/api/me",
    { ...script, "x-vouch-idp-claims-email": "you@example.com", "x-vouch-idp-claims-email-verified": "true" },
    401,
  ],
  [jupyter, "/api/me", { ...script, authorization: "token x" }, 401],
  [jupyter, "/api/me?access_token=x", script, 401],
  [jupyter, "/api/me?token=x", script, 401],
  [jupyter, "/api/me", { ...script, cookie: "VouchCookie=x" }, 401],
  // One such cookie would kill Vouch, if it were passed on.
  [jupyter, "/api/me", { ...script, cookie: "VouchCookie_1of9000000000=x" }, 401],
  [jupyter, "/sso-return", page, 401],
  [jupyter, "/sso-validate", page, 404],
  [jupyter, "/logout", page, 302, `https://${vouch}:${PORT}/logout`],
  [jupyter, "/sso-sign-out", page, 302, `https://${vouch}:${PORT}/logout`],
  // Vouch: its own paths, and only for the site's own addresses.
  [vouch, "/", page, 404],
  [vouch, "/validate", script, 404],
  [vouch, "/healthcheck", script, 404],
  [vouch, "/static/css/main.css", page, 404],
  [vouch, "/login", page, 400],
  [vouch, "/login?url=https://evil.test/", page, 400],
  [vouch, `/login?url=https://evil.lab.localhost:${PORT}/`, page, 400],
  [vouch, `/login?url=https://${jupyter}:${PORT}/other`, page, 400],
  [
    vouch,
    `/login?url=https://${jupyter}:${PORT}/sso-return`,
    page,
    302,
    /^https:\/\/dex\.lab\.localhost:8443\/auth\?client_id=vouch&code_challenge=/,
  ],
  [vouch, "/auth", page, 400],
  [vouch, "/auth?state=../../x&code=C", page, 400],
  [vouch, "/auth?error=access_denied", page, 400],
  [vouch, "/auth/abcdefghijklmnopqrst/?code=C&state=abcdefghijklmnopqrst", page, 400],
  [vouch, "/logout", page, 302, `https://${vouch}:${PORT}/signed-out`],
  [vouch, "/logout?url=https://evil.test/", page, 302, `https://${vouch}:${PORT}/signed-out`],
  [vouch, "/logout", { ...page, "sec-fetch-site": "same-site" }, 302, `https://${vouch}:${PORT}/signed-out`],
  [vouch, "/logout", { ...page, "sec-fetch-site": "cross-site" }, 403],
  [vouch, "/signed-out", page, 200],
  // Dex: what a sign-in needs, and no tokens.
  [dex, "/", page, 404],
  [dex, "/.well-known/openid-configuration", script, 200],
  [dex, "/keys", script, 200],
  [dex, "/token", script, 404],
  [dex, "/userinfo", script, 404],
  [dex, "/healthz", script, 404],
  [dex, "/metrics", script, 404],
  [dex, "/device", page, 404],
  [dex, "/callback", page, 404],
  [dex, "/callback/..%2fkeys", page, 404],
  [dex, "/auth/local%2flogin", page, 404],
  [dex, "/auth/local/login?back=&state=unknown", page, 400],
  [dex, `/auth?client_id=vouch&state=${"x".repeat(1500)}`, page, 414],
];

describe("a stranger at the door", () => {
  let clone: Clone;

  before(async () => {
    clone = await Clone.make();
    const { code, text } = await clone.npm("start");
    assert.equal(code, 0, text);
  });
  after(async () => {
    await clone?.npm("stop");
    await clone?.remove();
  });

  for (const [host, path, headers, status, location] of answers) {
    const how = Object.entries(headers)
      .map(([name, value]) => `${name}: ${value}`)
      .join(", ");
    it(`gets ${status} for ${host}${path}${how ? ` (${how})` : ""}`, async () => {
      const answer = await ask(host, path, { headers });
      assert.equal(answer.status, status, answer.body);
      if (location instanceof RegExp) assert.match(answer.location, location);
      else assert.equal(answer.location, location ?? "");
    });
  }

  it("cannot post, put or delete anything", async () => {
    for (const method of ["POST", "PUT", "DELETE", "PATCH"])
      assert.equal((await ask(jupyter, "/api/contents/x.ipynb", { method, headers: page })).status, 401, method);
  });

  it("gets no certificate and no answer for a name that is not the site's", async () => {
    await assert.rejects(ask("whoami.lab.localhost", "/"), /ECONNRESET|unrecognized name|alert/i);
    await assert.rejects(ask("elsewhere.test", "/"), /ECONNRESET|unrecognized name|alert/i);
    await assert.rejects(ask("127.0.0.1", "/"), /ECONNRESET|unrecognized name|alert/i);
  });

  it("is sent from plain HTTP to HTTPS, for the site's own names only", async () => {
    const plain = (host: string) =>
      new Promise<string>((resolve, reject) =>
        plainRequest(
          { host: "127.0.0.1", port: 8080, path: "/x?y=1", headers: { host }, timeout: 10_000 },
          (response) => resolve(`${response.statusCode} ${response.headers.location}`),
        )
          .on("error", reject)
          .end(),
      );
    assert.equal(await plain(`${jupyter}:8080`), `301 https://${jupyter}:${PORT}/x?y=1`);
    await assert.rejects(plain("elsewhere.test"), /socket hang up|ECONNRESET/);
  });

  it("finds two ports, both on the loopback address, and both nginx's", async () => {
    const ports = await docker(
      "ps",
      "--filter",
      "label=com.docker.compose.project=jupyter-up-local",
      "--format",
      '{{.Label "com.docker.compose.service"}}={{.Ports}}',
    );
    const published = ports
      .split(/[\n,]/)
      .filter((port) => port.includes("->"))
      .map((port) => port.trim())
      .sort();
    assert.deepEqual(published, ["127.0.0.1:8443->8443/tcp", "nginx=127.0.0.1:8080->8080/tcp"]);
  });

  it("cannot try passwords faster than ten a minute", async () => {
    const statuses: number[] = [];
    for (let attempt = 0; attempt < 15; attempt++)
      statuses.push(
        (
          await ask(dex, "/auth/local/login?back=&state=unknown", {
            method: "POST",
            headers: { "content-type": "application/x-www-form-urlencoded" },
          })
        ).status,
      );
    assert.ok(statuses.includes(429), statuses.join(" "));
  });

  it("leaves Vouch running, whatever cookies they came with", async () => {
    const restarts = await docker(
      "inspect",
      "--format",
      "{{.RestartCount}} {{.State.Status}}",
      "jupyter-up-local-vouch-1",
    );
    assert.equal(restarts.trim(), "0 running");
  });

  it("is not let in when Vouch is down", async () => {
    await docker("stop", "--time", "1", "jupyter-up-local-vouch-1");
    try {
      const answer = await ask(jupyter, "/lab", { headers: page });
      assert.equal(answer.status, 503);
      assert.match(answer.body, /The sign-in service does not answer/);
      assert.equal((await ask(jupyter, "/api/contents", { headers: script })).status, 503);
    } finally {
      await docker("start", "jupyter-up-local-vouch-1");
    }
  });
});
