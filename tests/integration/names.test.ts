import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { freePort } from "../../offline/support/freePort.ts";
import { run } from "../support/command.ts";
import { imageMirror, pullImages } from "../support/images.ts";
import { type RunningSite, runningSite } from "../support/runningSite.ts";
import { serviceOf, siteWith } from "../support/site.ts";
import { until } from "../support/until.ts";
import { ask, cookiesOf, navigation, redirectOf, visitor } from "../support/visitor.ts";

const domain = "lab.example.com";
const phpdemo = {
  name: "phpdemo",
  image: "docker.io/serversideup/php:8.4-fpm-nginx-v4.5.3",
  port: 8080,
  path: "/healthcheck",
};
/** A valid hash, as Dex requires; no test types its password. */
const passwordHashes = { "ann@example.com": `$2b$10$${"x".repeat(53)}` };
const settings = { domain, allow: ["ann@example.com"], apps: [phpdemo] };

describe("On a network whose DNS resolver answers the names of the site's services", () => {
  let site: RunningSite;
  let httpsPort: number;
  const network = `jupyter-up-rendered-${randomUUID().slice(0, 8)}-false`;
  let fakeHost = "";

  /** The names that the resolver was queried for. */
  async function asked(): Promise<string[]> {
    const { output } = await run("docker", ["logs", fakeHost]);
    return [...output.matchAll(/^asked for (.+)$/gm)].map(([, name]) => name ?? "");
  }
  const visit = (host: string, path: string, cookie = "") =>
    ask(httpsPort, `${host}.${domain}`, path, { headers: { ...navigation, cookie } });
  const ann = visitor(() => httpsPort, "ann@example.com");
  const asAnn = (host: string, path: string) => ann.visit(`${host}.${domain}`, path, { headers: navigation });
  /** The path at the gate to which a page of an app redirects. */
  const enter = async () => redirectOf(await visit("phpdemo", "/"));
  const stopped = async (service: string, then: () => Promise<void>) => {
    const container = await site.container(service);
    assert.equal((await run("docker", ["stop", "--time", "1", container])).code, 0);
    try {
      await then();
    } finally {
      await run("docker", ["start", container]);
    }
  };

  beforeAll(async () => {
    // An address of this machine that is reachable from containers.
    assert.equal((await run("docker", ["network", "create", network])).code, 0);
    const gateway = ["network", "inspect", network, "--format", "{{(index .IPAM.Config 0).Gateway}}"];
    const address = (await run("docker", gateway)).output.trim();
    // An image with a C library for this Node.
    const { image } = serviceOf(siteWith({ settings: { ...settings, imageMirror } }), "phpdemo");
    await pullImages([image.reference]);
    const program = new URL("../support/fakeHost.ts", import.meta.url).pathname;
    const started = await run("docker", [
      ...["run", "--detach", "--network", "host", "--user", "0", "--entrypoint", "/node"],
      ...["--volume", `${process.execPath}:/node:ro`, "--volume", `${program}:/fakeHost.ts:ro`],
      ...[image.reference, "--disable-warning=ExperimentalWarning", "/fakeHost.ts", address],
    ]);
    assert.equal(started.code, 0, started.output);
    fakeHost = started.output.trim();
    const ready = async () => (await run("docker", ["logs", fakeHost])).output.includes("ready");
    await until("the resolver is ready", ready, 10);

    httpsPort = await freePort();
    site = runningSite(["nginx", "vouch", "dex", "phpdemo"]);
    const { code, output } = await site.release(
      { settings, secrets: { passwordHashes }, layout: { httpsPort, httpPort: await freePort() } },
      { defaults: { dns: [address], dns_search: ["office.test"] } },
    );
    assert.equal(code, 0, output);
  });
  afterAll(async () => {
    await site?.remove();
    if (fakeHost) await run("docker", ["rm", "--force", fakeHost]);
    await run("docker", ["network", "rm", network]);
  });

  it("services resolve each other, and public names", async () => {
    assert.equal((await asAnn("phpdemo", "/healthcheck")).status, 200);
    assert.equal((await visit("dex", "/keys")).status, 200);
    const world = await site.exec("phpdemo", ["php", "-r", 'echo gethostbyname("files.example.org");']);
    assert.match(world.output, /^\d+(\.\d+){3}$/);
  });

  it("a host that poses as Vouch while it is down cannot allow a stranger", async () => {
    const stranger = visitor(() => httpsPort, "ann@example.com");
    const comesBack = () => stranger.visit(`phpdemo.${domain}`, "/healthcheck");
    await stopped("vouch", async () => {
      // nginx may cache Vouch's address for two seconds.
      for (let second = 0; second < 6; second++) {
        assert.equal((await comesBack()).status, 503);
        assert.equal((await asAnn("phpdemo", "/healthcheck")).status, 200, "a session needs no Vouch");
        await new Promise((resolve) => setTimeout(resolve, 1000));
      }
    });
    await until("Vouch is found again", async () => (await comesBack()).status === 200, 10);
  });

  it("a host that poses as Jupyter while it is down gets no request of a user", async () => {
    assert.equal((await asAnn("jupyter", "/lab")).status, 502);
  });

  it("a host that poses as Dex while it is down cannot sign anyone in", async () => {
    const begun = await visit("vouch", redirectOf(await visit("vouch", await enter())));
    const state = new URL(String(begun.headers.location)).searchParams.get("state");
    const [session = ""] = begun.headers["set-cookie"] ?? [];
    await stopped("dex", async () => {
      const answer = await visit("vouch", `/auth/${state}/?code=x&state=${state}`, session.split(";")[0]);
      assert.equal(answer.status, 400);
      assert.doesNotMatch(cookiesOf(answer), /__Host-answer|VouchCookie/);
    });
  });

  it("an app cannot resolve a service without a common network", async () => {
    for (const name of ["mariadb", "jupyter", "dex", "vouch", "other"])
      assert.deepEqual(await site.exec("phpdemo", ["php", "-r", `echo gethostbyname("${name}");`]), {
        code: 0,
        output: name,
      });
  });

  it("no query for these names leaves the machine", async () => {
    assert.deepEqual([...new Set(await asked())], ["files.example.org"]);
  });
});
