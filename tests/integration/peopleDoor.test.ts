import assert from "node:assert/strict";
import type { OutgoingHttpHeaders } from "node:http";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import serverName from "../../files/services/nginx/session/serverName.js";
import { freePort } from "../../offline/support/freePort.ts";
import { run } from "../support/command.ts";
import { type Seen, startEcho } from "../support/echoContainer.ts";
import { type RunningSite, runningSite } from "../support/runningSite.ts";
import { until } from "../support/until.ts";
import { type Answer, ask, navigation, visitor } from "../support/visitor.ts";

const HOST = "jupyter.lab.example.com";
const ann = serverName("ann@example.com");
const bob = serverName("bob@example.com");
const script = { "sec-fetch-mode": "cors", "sec-fetch-dest": "empty" };
const upgrade = {
  ...{ connection: "Upgrade", upgrade: "websocket", "sec-websocket-version": "13" },
  ...{ "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==", "sec-fetch-mode": "websocket", "sec-fetch-dest": "websocket" },
};
/** Names of cookies that JupyterHub and servers set. */
const HUBS_COOKIES = `jupyterhub-session-id=x; jupyterhub-hub-login="2|1:0|10:1|x"; jupyterhub-user-${ann}=x; _xsrf=x`;

/** Where bob's request for a path ends: at the hub, at the proxy with the path of bob's server in front, at bob's own address, or at nginx. */
type Row = [path: string, end: "hub" | "server" | `to ${string}` | 400 | 404];

const rows: Record<string, Row[]> = {
  "the pages of the hub on which a server starts": [
    ["/hub/home", "hub"],
    ["/hub/spawn", "hub"],
    [`/hub/spawn/${bob}`, "hub"],
    [`/hub/spawn-pending/${bob}?x=y`, "hub"],
    [`/hub/user/${bob}/lab`, "hub"],
    ["/hub/static/js/home.js", "hub"],
    ["/hub/logo", "hub"],
    [`/hub/api/users/${bob}/server`, "hub"],
    [`/hub/api/users/${bob}/server/progress`, "hub"],
    // The hub refuses these to bob: see people.test.ts.
    [`/hub/api/users/${ann}/server`, "hub"],
    [`/hub/spawn/${ann}`, "hub"],
    [`/hub/user/${ann}/lab`, "hub"],
  ],
  "no other page of the hub, and nothing of its API": [
    "/hub",
    "/hub/",
    "/hub/admin",
    "/hub/api",
    "/hub/api/",
    "/hub/api/info",
    "/hub/api/user",
    "/hub/api/users",
    `/hub/api/users/${bob}`,
    `/hub/api/users/${bob}/tokens`,
    `/hub/api/users/${bob}/servers/x`,
    `/hub/api/users/${ann}/activity`,
    "/hub/api/groups",
    "/hub/api/services",
    "/hub/api/proxy",
    "/hub/api/shutdown",
    "/hub/api/metrics",
    "/hub/api/oauth2/authorize",
    "/hub/api/oauth2/token",
    "/hub/api/authorizations/token/x",
    "/hub/error/500",
    "/hub/health",
    "/hub/login",
    "/hub/logout",
    "/hub/metrics",
    "/hub/oauth_callback",
    "/hub/refused",
    "/hub/token",
    "/hub/homes",
    "/hub/spawner",
    "//hub/api/users",
    "/HUB/home",
    "/services/x",
    "/metrics",
  ].map((path): Row => [path, "server"]),
  "only the own server, also at the paths of the proxy's API": [
    "/",
    "/lab",
    "/lab/tree/a%20b.ipynb?x=%2f..%2f",
    "/api/contents/a..b/.x/...",
    "/api/routes",
    `/api/routes/user/${ann}`,
    "/_chp_healthz",
    `/x//user/${ann}/api`,
    "/api/me#/x",
    "/users/x",
    "/user",
    "/user/",
    "/User/x/lab",
    "/files/..a/b",
  ].map((path): Row => [path, "server"]),
  "the own server at the address that the hub has for it": [
    [`/user/${bob}/lab?x=y`, "to /lab?x=y"],
    [`/user/${ann}/api/contents/a`, "to /api/contents/a"],
    [`/user/${ann}/`, "to /"],
    // Not an address of another host name.
    [`/user/${ann}//evil.test/`, "server"],
    [`/user/${ann}/\\evil.test/`, "server"],
  ],
  "nothing with a segment of dots, which programs read differently": [
    `/../${ann}/api`,
    `/x/../../${ann}/api`,
    "/./api",
    "/api/.",
    "/api/..",
    "/api/..?x=y",
    `/%2e%2e/${ann}/api`,
    `/.%2E/${ann}/api`,
    "/%2e/api",
    `/\\../${ann}/api`,
    `/x\\..\\..\\${ann}/api`,
    `/..%2f${ann}/api`,
    `/x/..%2F..%2F${ann}/api`,
    `/x%2f..%2f..%2f${ann}/api`,
    `/x%5c..%5c..%5c${ann}/api`,
    "/hub/spawn/../api/users",
    "/hub/spawn/..%2fapi/users",
    "/hub/api/users/..%2f..%2fspawn",
    `/hub/api/users/${bob}/tokens/..%2f..%2f..%2f..%2fspawn`,
    `/hub/static/..%5c..%5capi/users`,
  ].map((path): Row => [path, 400]),
};

describe("The door of servers of people", () => {
  let site: RunningSite;
  let httpsPort: number;
  const echoes: string[] = [];
  const of = (email: string) => visitor(() => httpsPort, email);
  const people = { bob: of("bob@example.com"), out: of("out@example.com") };
  const asBob = (path: string, headers: OutgoingHttpHeaders = {}) => people.bob.visit(HOST, path, { headers });
  const asStranger = (path: string, headers: OutgoingHttpHeaders = {}) => ask(httpsPort, HOST, path, { headers });
  const seen = ({ body }: Answer): Seen => JSON.parse(body);

  beforeAll(async () => {
    site = runningSite(["nginx", "vouch"]);
    const settings = { domain: "lab.example.com", people: "own", allow: ["ann@example.com", "bob@example.com"] };
    httpsPort = await freePort();
    const { code, output } = await site.release({ settings, layout: { httpsPort, httpPort: await freePort() } });
    assert.equal(code, 0, output);
    const nginx = await run("docker", ["inspect", "--format", "{{.Image}}", await site.container("nginx")]);
    for (const [alias, port] of [
      ["people-proxy", 8000],
      ["people-hub", 8081],
    ] as const)
      echoes.push(await startEcho(site, nginx.output.trim(), alias, port));
    for (const path of ["/", "/hub/home"])
      await until("the echo answers", async () => (await asBob(path)).status === 200, 15);
  });
  afterAll(async () => {
    if (echoes.length > 0) await run("docker", ["rm", "--force", ...echoes]);
    await site?.remove();
  });

  for (const [what, ofKind] of Object.entries(rows))
    describe(`leads a person to ${what}:`, () => {
      for (const [path, end] of ofKind)
        it.concurrent(`${path} -> ${end}`, async () => {
          for (const headers of [script, navigation, upgrade]) {
            const answer = await asBob(path, headers);
            if (typeof end === "number") assert.equal(answer.status, end);
            else if (end.startsWith("to ")) {
              assert.equal(answer.status, 302);
              assert.equal(answer.headers.location, end.slice(3));
            } else if (headers === upgrade) assert.equal(answer.status, 101);
            else {
              assert.equal(answer.status, 200);
              const { url, headers: told } = seen(answer);
              assert.equal(url, end === "hub" ? path : `/user/${bob}${path}`);
              assert.equal(told["x-server-name"], bob);
              assert.equal(told["x-auth-user"], "bob@example.com");
            }
          }
          // A stranger gets nothing anywhere, also with cookies that are not the site's own. nginx itself refuses some paths.
          const nothing = (answer: Answer, status: number) =>
            assert.ok(answer.status === status || (answer.status === 400 && end === 400), `${answer.status}`);
          for (const cookie of ["", HUBS_COOKIES]) {
            for (const headers of [script, upgrade]) nothing(await asStranger(path, { ...headers, cookie }), 401);
            const page = await asStranger(path, { ...navigation, cookie });
            if (page.status === 302) assert.match(String(page.headers.location), /^https:\/\/vouch\./);
            else nothing(page, 401);
          }
          for (const headers of [script, navigation, upgrade])
            nothing(await people.out.visit(HOST, path, { headers }), 403);
        });
    });

  describe("sends to hub and servers no header of the client that names a person:", () => {
    for (const name of [
      "X-Server-Name",
      "X-Door-Secret",
      "X-Auth-User",
      "X-Auth-Name",
      "X-Auth-Program",
      "Authorization",
    ])
      it(name, async () => {
        for (const path of ["/api/me", "/hub/home"]) {
          const spoofed = { [name]: ann, [name.replaceAll("-", "_")]: ann, [name.toLowerCase()]: ann };
          const { headers } = seen(await asBob(path, spoofed));
          assert.equal(JSON.stringify(headers).includes(ann), false, JSON.stringify(headers));
          assert.equal(headers["x-server-name"], bob);
        }
      });
    it("and each gets a secret of its own", async () => {
      const secretOf = async (path: string) => seen(await asBob(path)).headers["x-door-secret"];
      const secrets = [await secretOf("/api/me"), await secretOf("/hub/home")];
      assert.equal(new Set(secrets).size, 2);
      const anns = seen(await of("ann@example.com").visit(HOST, "/api/me")).headers;
      assert.equal(anns["x-server-name"], ann);
      assert.equal(secrets.includes(anns["x-door-secret"]), false);
    });
  });
});
