import { chmodSync } from "node:fs";
import { selfSigned } from "../../offline/support/certificate.ts";
import { freePort } from "../../offline/support/freePort.ts";
import { run } from "../../scripts/cli/command.ts";
import { PlainError } from "../../scripts/cli/plainError.ts";
import type { Say } from "../../scripts/cli/step.ts";
import { beforeRunning } from "../../scripts/rollback/releases.ts";
import { labIsReady, launch, person as somebody } from "../e2e/support/browser.ts";
import { stackConfig } from "../support/projectFile.ts";
import { type RunningSite, runningSite } from "../support/runningSite.ts";
import { type Changes, hostNames, secrets, siteWith } from "../support/site.ts";
import { visitor } from "../support/visitor.ts";
import { rounded } from "./figures.ts";
import type { Result } from "./result.ts";
import { apply } from "./siteWork.ts";
import { type Noticed, type Watched, watch } from "./watch.ts";

const domain = "lab.example.com";
const [ann, bob] = ["ann@example.com", "bob@example.com"];
/** The PHP demo. */
const demo = stackConfig("local")["jupyter-up:apps"] as object[];
const whoami = { name: "whoami", image: "docker.io/traefik/whoami:v1.11.0", port: 80 };
const SERVICES = ["nginx", "vouch", "jupyter", "mariadb", "phpdemo", "whoami"];

/** The version of a site that a release makes of the one before. */
interface Version {
  settings?: Record<string, unknown>;
  /** Another certificate. */
  certificate?: boolean;
  /** Services whose containers are recreated, as for a new image. */
  recreated?: string[];
}

/** Each change, in the order in which they are made. */
const CHANGES: Record<string, Version> = {
  "nothing changes": {},
  "a person is added": { settings: { allow: [ann, bob] } },
  "a person is removed": {},
  "an app is added": { settings: { apps: [...demo, whoami] } },
  "an app gets WebSockets": { settings: { apps: [...demo, { ...whoami, websocket: true }] } },
  "an app is removed": {},
  "another certificate": { certificate: true },
  "another image of MariaDB": { recreated: ["mariadb"] },
  "another image of nginx": { recreated: ["mariadb", "nginx"] },
  "another image of Jupyter": { recreated: ["mariadb", "nginx", "jupyter"] },
};

/**
 * What people notice of a change: each kind of change, a rollback, and for comparison the usual procedure, `docker compose down` and
 * `docker compose up`, which is the same for each change.
 */
export async function outageCosts(imageMirror: string | undefined, say: Say): Promise<Result[]> {
  const site = runningSite(SERVICES);
  const port = await freePort();
  const layout = { httpsPort: port, httpPort: await freePort() };
  const every = { imageMirror: imageMirror ?? "", domain, allow: [ann], database: "true", apps: demo };
  const names = hostNames(siteWith({ settings: { ...every, apps: [...demo, whoami] } }));
  const certificates = [selfSigned(names), selfSigned(names)];
  const release = async ({ settings, certificate, recreated = [] }: Version) => {
    const changes: Changes = {
      settings: { ...every, ...settings },
      layout,
      secrets: {
        appDatabasePasswords: { phpdemo: secrets.appDatabasePasswords.phpdemo ?? "" },
        ...certificates[certificate ? 1 : 0],
      },
    };
    const additions = Object.fromEntries(recreated.map((service) => [service, { labels: { image: "another" } }]));
    const { code, output } = await site.release(changes, { additions });
    if (code !== 0) throw new PlainError("The site could not be released.", output);
  };
  await release({});
  chmodSync(`${site.host.layout.notebooks}`, 0o777);
  const browser = await launch(`MAP *.${domain} 127.0.0.1`);
  try {
    const entered = visitor(() => port, ann, domain);
    const watched: Watched[] = [];
    for (const [host, path] of [
      [`jupyter.${domain}`, "/api/me"],
      [`phpdemo.${domain}`, "/style.css"],
      [domain, "/"],
    ] as const)
      watched.push({ port, host, path, cookie: await entered.at(host) });
    const noticed = async (name: string, change: () => Promise<void>) => {
      say(name);
      const { context, page } = await somebody(browser);
      const [cookieName = "", value = ""] = (await entered.at(`jupyter.${domain}`)).split(/=(.*)/s);
      await context.addCookies([{ name: cookieName, value, url: `https://jupyter.${domain}:${port}`, secure: true }]);
      await page.goto(`https://jupyter.${domain}:${port}/lab?reset`);
      await labIsReady(page);
      const seen = await watch(watched, page, change);
      await context.close();
      return seen;
    };
    const usual = await noticed("the usual procedure", () => downAndUp(site));
    const rows = [];
    for (const [name, version] of Object.entries(CHANGES))
      rows.push(...rowsOf(name, await noticed(name, () => release(version)), usual));
    rows.push(...rowsOf("a rollback", await noticed("a rollback", () => rollBack(site)), usual));
    return rows;
  } finally {
    await browser.close();
    await site.remove();
  }
}

/** The usual procedure, without the time for `git pull` and for pulling images. */
async function downAndUp({ project, host }: RunningSite): Promise<void> {
  const compose = ["compose", "--project-name", project, "--file", `${host.layout.root}/current/compose.yaml`];
  await run("docker compose down", "docker", [...compose, "down"]);
  await run("docker compose up", "docker", [...compose, "up", "--detach"]);
}

/** Goes back to the release before the running one. */
async function rollBack(site: RunningSite): Promise<void> {
  const { output } = await site.host.apply(["releases"]);
  await apply(site, "rollback", "--to", beforeRunning(JSON.parse(output)));
}

function rowsOf(change: string, ours: Noticed, usual: Noticed): Result[] {
  const what = "docker compose down, up";
  const row = (part: string, unit: string, of: (noticed: Noticed) => number, aim: string): Result => ({
    what: `${change}: ${part}`,
    value: rounded(of(ours)),
    unit,
    beside: { what, value: rounded(of(usual)) },
    aim,
  });
  const outage = (host: string) => (noticed: Noticed) => noticed.outages[host] ?? Number.NaN;
  const stays = change !== "another image of Jupyter" && change !== "a rollback";
  return [
    row("longest time without an answer, Jupyter", "s", outage(`jupyter.${domain}`), ""),
    row("longest time without an answer, app", "s", outage(`phpdemo.${domain}`), ""),
    row("longest time without an answer, front page", "s", outage(domain), "1 s or less"),
    row("failed requests", `of ${ours.asked}`, ({ failed }) => failed, stays ? "0, unless nginx is recreated" : ""),
    row("requests that a browser sends again", `of ${ours.asked}`, ({ repeated }) => repeated, ""),
    row("kernels lost", "of 1", ({ kernelStays }) => Number(!kernelStays), stays ? "0" : ""),
    row("lines lost or doubled", "of 400", ({ lost, doubled }) => lost + doubled, stays ? "0" : ""),
    row("WebSockets cut", "", ({ cut }) => cut, stays ? "0, unless nginx is recreated" : ""),
    row("time", "s", ({ seconds }) => seconds, ""),
  ];
}
