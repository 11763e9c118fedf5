import assert from "node:assert/strict";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { appNetworks } from "../../files/site/appNetworks.ts";
import { freePort } from "../../offline/support/freePort.ts";
import { run } from "../support/command.ts";
import { type RunningSite, runningSite } from "../support/runningSite.ts";
import { statusFor } from "../support/statusFor.ts";
import { until } from "../support/until.ts";

const phpdemo = {
  name: "phpdemo",
  image: "docker.io/serversideup/php:8.4-fpm-nginx-v4.5.3",
  port: 8080,
  path: "/healthcheck",
  files: { "/var/www/html": "files/php-demo" },
  database: true,
  schema: "files/php-demo/schema.sql",
};
const second = { ...phpdemo, name: "second" };
const whoami = { name: "whoami", image: "traefik/whoami:v1.11.0", port: 80 };
const networkOf = (app: string, apps: string[]) => appNetworks("to", apps).of.get(app);
/** An app that moves to the demo's network when the demo is removed. */
const [follower = ""] = Array.from({ length: 99 }, (_, number) => `follower-${number}`).filter(
  (name) => networkOf(name, [name]) === networkOf("phpdemo", ["phpdemo"]),
);

describe("Networks of apps", () => {
  let site: RunningSite;
  let ports: { httpsPort: number; httpPort: number };

  const release = (...apps: object[]) =>
    site.release({
      settings: { domain: "lab.example.com", allow: ["ann@example.com"], database: "true", apps },
      layout: ports,
      secrets: { appDatabasePasswords: { phpdemo: "secret-demo", second: "secret-second" }, appSecrets: {} },
    });
  async function released(...apps: object[]): Promise<void> {
    const { code, output } = await release(...apps);
    assert.equal(code, 0, output);
  }
  const containers = (...names: string[]) => Promise.all(names.map((name) => site.container(name)));
  const statusOf = (app: string) => statusFor(ports.httpsPort, "ann@example.com", app);
  /** Waits until every app answers; the demo's page needs its database. */
  async function isWhole(): Promise<void> {
    // Nothing answers while nginx starts.
    for (const app of ["phpdemo", "second", "whoami"])
      await until(`${app} answers`, async () => (await statusOf(app).catch(() => 0)) === 200, 60);
  }
  /** Runs Compose like an operator. */
  async function compose(...words: string[]): Promise<void> {
    const file = `${site.host.layout.root}/current/compose.yaml`;
    const { code, output } = await run("docker", ["compose", "--file", file, ...words]);
    assert.equal(code, 0, output);
  }
  /** The IP addresses of a service's container, by network. */
  async function addresses(service: string): Promise<Record<string, string>> {
    const { output } = await run("docker", [
      ...[
        "inspect",
        "--format",
        "{{range $name, $on := .NetworkSettings.Networks}}{{$name}} {{$on.IPAddress}}\n{{end}}",
      ],
      await site.container(service),
    ]);
    return Object.fromEntries(output.split("\n").flatMap((line) => (line.trim() ? [line.split(" ")] : [])));
  }

  beforeAll(async () => {
    site = runningSite(["nginx", "vouch", "mariadb", "phpdemo", "second", "whoami", follower]);
    ports = { httpsPort: await freePort(), httpPort: await freePort() };
    await released(phpdemo);
  });
  afterAll(() => site?.remove());

  it("allow another app with a database without recreating nginx, MariaDB and other apps", async () => {
    const before = await containers("nginx", "mariadb", "phpdemo");
    await released(phpdemo, second, whoami);
    assert.deepEqual(await containers("nginx", "mariadb", "phpdemo"), before);
    await isWhole();
  });

  it("connect an app to nginx and MariaDB only", async () => {
    const reaches = async (address: string, port: number, seconds: number) => {
      const open = `exit(@fsockopen("${address}", ${port}, $code, $words, ${seconds}) ? 0 : 1);`;
      return (await site.exec("second", ["php", "-r", open])).code === 0;
    };
    // Whenever another test creates a network, Docker 20.10 removes the jump to its isolation rules, and inserts it again. For
    // that moment, every published port is open to all networks. So an open network answers three times.
    const isOpen = async (address: string, port: number, seconds: number) => {
      for (let attempt = 0; attempt < 3; attempt++) if (!(await reaches(address, port, seconds))) return false;
      return true;
    };
    const own = Object.keys(await addresses("second"));
    const found: string[] = [];
    for (const [service, port] of Object.entries({
      nginx: 8443,
      mariadb: 3306,
      vouch: 9090,
      phpdemo: 8080,
      whoami: 80,
    }))
      for (const [network, address] of Object.entries(await addresses(service))) {
        const isOwn = own.includes(network);
        // A busy machine may take seconds to answer. A network that is closed does not answer at all.
        assert.equal(await isOpen(address, port, isOwn ? 30 : 2), isOwn, `${service} on ${network}`);
        if (isOwn) found.push(service);
      }
    assert.deepEqual(found, ["nginx", "mariadb"]);
  });

  it("are complete after `docker compose down` and `up` without site-apply", async () => {
    await compose("down");
    assert.equal(await site.container("nginx"), "");
    await compose("up", "--detach");
    await isWhole();
    assert.deepEqual(await site.host.apply("check"), { code: 0, output: "Every service of the site answers.\n" });
  });

  for (const service of ["nginx", "mariadb"])
    it(`are complete after Compose has recreated ${service}`, async () => {
      const before = await site.container(service);
      await compose("up", "--detach", "--force-recreate", service);
      assert.notEqual(await site.container(service), before);
      await isWhole();
    });

  it("are checked by `site-apply check`, which names the apps that nginx cannot reach", async () => {
    site.host.limit({ unchanged_within: 2 });
    for (const app of ["phpdemo", "whoami"]) {
      const network = `${site.project}_${networkOf(app, ["phpdemo", "second", "whoami"])}`;
      await run("docker", ["network", "disconnect", network, await site.container("nginx")]);
    }
    const { code, output } = await site.host.apply("check");
    assert.equal(code, 1);
    assert.match(output, /^The site is incomplete\. These services do not work: (phpdemo whoami|whoami phpdemo)\. /m);
    await compose("up", "--detach", "--force-recreate", "nginx");
    await isWhole();
  });

  it("of a removed app are taken over by the app that prefers them, which alone is recreated", async () => {
    const moving = { ...whoami, name: follower };
    await released(phpdemo, second, moving);
    const before = await containers("nginx", "mariadb", "second");
    const moved = await site.container(follower);
    await released(second, moving);
    assert.deepEqual(await containers("nginx", "mariadb", "second"), before);
    assert.notEqual(await site.container(follower), moved);
    assert.deepEqual(Object.keys(await addresses(follower)), [`${site.project}_${networkOf("phpdemo", ["phpdemo"])}`]);
    assert.equal(await statusOf(follower), 200);
  });
});
