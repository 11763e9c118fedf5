import { chmod, cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BASELINE } from "../../files/release/hardening.ts";
import { renderTemplate } from "../../files/release/template.ts";
import { selfSigned } from "../../offline/support/certificate.ts";
import { freePort } from "../../offline/support/freePort.ts";
import { run } from "../../scripts/cli/command.ts";
import { PlainError } from "../../scripts/cli/plainError.ts";
import { type RunningSite, runningSite } from "../support/runningSite.ts";
import { secrets, serviceOf, siteWith } from "../support/site.ts";
import { answerOf, type Visitor, visitor } from "../support/visitor.ts";
import { median, rounded } from "./figures.ts";
import { usageOf } from "./idleCosts.ts";
import type { Result } from "./result.ts";

const domain = "lab.example.com";
const person = "ann@example.com";
/** Many short rounds, so that other load on the machine affects all configurations of a round alike. */
const ROUNDS = 15;
const SECONDS = 2;

/** The requests, and the number of connections. */
const QUESTIONS = {
  "a small file": { url: `https://small.${domain}/`, connections: 32 },
  "Jupyter's API": { url: `https://jupyter.${domain}/api/me`, connections: 8 },
};

/** The site's own configuration and those it is compared with; each is an nginx on the site's networks. */
const DOORS = ["ours", "ours without sign-in", "no sign-in", "the article's configuration"] as const;
type DoorName = (typeof DOORS)[number];

/** One run of wrk. */
interface Load {
  /** Requests per second. */
  rate: number;
  /** Milliseconds. */
  p50: number;
  p99: number;
  /** Microseconds of CPU time of nginx and Vouch per request: other load on the machine hardly changes this. */
  cpu: number;
}

const NAMES: Record<keyof Load, string> = {
  rate: "requests a second",
  p50: "p50",
  p99: "p99",
  cpu: "CPU time per request",
};

/** The containers under load, and how a browser's cookie for a host name is found. */
interface Loaded {
  nginx: string;
  vouch: string;
  cookieAt: (host: string) => Promise<string>;
}

/** What the article's configuration asks Vouch about. It is valid for some minutes only. */
const vouchsAnswer = async () => answerOf({ email: person, email_verified: true });

/**
 * The cost of sign-in: requests per second and latency of four configurations in turns (the site's, with and without its sign-in; a bare
 * one without sign-in; the article's), and then of the site's alone for a minute. VOUCH_BINARY=/path/to/vouch-proxy replaces the fake
 * Vouch.
 */
export async function doorCosts(imageMirror: string | undefined): Promise<Result[]> {
  const site = runningSite(["nginx", "vouch", "jupyter", "small"]);
  const containers: string[] = [];
  const folder = await mkdtemp(join(tmpdir(), "jupyter-up-doors-"));
  // nginx's user reads the configurations below it.
  await chmod(folder, 0o755);
  try {
    const { image, browser } = await release(site, imageMirror ?? "");
    let vouch = await site.container("vouch");
    if (process.env.VOUCH_BINARY) {
      vouch = await realVouch(site, process.env.VOUCH_BINARY);
      containers.push(vouch);
    }
    const doors: Record<DoorName, string> = {
      ours: await site.container("nginx"),
      "ours without sign-in": await startOurs(site, image, join(folder, "ours")),
      "no sign-in": await startDoor(site, image, join(folder, "no-sign-in")),
      "the article's configuration": await startDoor(site, image, join(folder, "article")),
    };
    containers.push(...DOORS.filter((door) => door !== "ours").map((door) => doors[door]));
    const loaded = (door: DoorName): Loaded => ({
      nginx: doors[door],
      vouch,
      cookieAt: door === "the article's configuration" ? vouchsAnswer : browser.at,
    });
    const compared: Result[] = [];
    for (const [what, { url, connections }] of Object.entries(QUESTIONS))
      compared.push(...(await comparison(what, (door) => load(loaded(door), url, connections, SECONDS))));
    return [...compared, ...(await minute(loaded("ours")))];
  } finally {
    for (const container of containers) await run("docker rm", "docker", ["rm", "--force", container]);
    await site.remove();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Releases the site, with nginx's own image as an app that has a small file. Returns that image, and a user's browser. */
async function release(site: RunningSite, imageMirror: string): Promise<{ image: string; browser: Visitor }> {
  const { reference } = serviceOf(siteWith(), "nginx").image;
  const settings = { domain, imageMirror, allow: [person], apps: [{ name: "small", image: reference, port: 8080 }] };
  const layout = { httpsPort: await freePort(), httpPort: await freePort() };
  const { code, output } = await site.release({ settings, layout });
  if (code !== 0) throw new PlainError("The site could not be released.", output);
  const { image } = serviceOf(siteWith({ settings }), "nginx");
  return { image: image.reference, browser: visitor(() => layout.httpsPort, person, domain) };
}

/** Replaces the site's Vouch with another program that uses the same configuration. */
async function realVouch({ project, host, container }: RunningSite, program: string): Promise<string> {
  const vouch = await container("vouch");
  await run("docker stop", "docker", ["stop", vouch]);
  const configs = join(String(host.layout.root), "secrets/vouch");
  const [config = ""] = await readdir(configs);
  const image = (await run("docker inspect", "docker", ["inspect", "--format", "{{.Image}}", vouch])).trim();
  const started = await run("docker run", "docker", [
    ...["run", "--detach", "--user", "999:999", "--network", `${project}_sign-in`, "--network-alias", "vouch"],
    ...["--volume", `${program}:/real-vouch:ro`, "--volume", `${join(configs, config)}:/config:ro`],
    ...["--entrypoint", "/real-vouch", image],
  ]);
  return started.trim();
}

/** Starts an nginx with the configuration of that name on the site's networks. Returns its container. */
async function startDoor(site: RunningSite, image: string, folder: string): Promise<string> {
  const name = folder.split("/").at(-1);
  const { certificate, certificateKey } = selfSigned([`small.${domain}`, `jupyter.${domain}`]);
  const who = { Host: "$host", "X-Door-Secret": secrets.doorSecret, "X-Auth-User": person, "X-Auth-Name": person };
  const files = {
    "nginx.conf": renderTemplate(new URL("door/nginx.conf", import.meta.url)),
    "configuration.conf": renderTemplate(new URL(`door/${name}.conf`, import.meta.url), { domain }),
    "who.conf": Object.entries(who)
      .map(([header, value]) => `proxy_set_header ${header} "${value}";\n`)
      .join(""),
    "tls.crt": certificate,
    "tls.key": certificateKey,
  };
  const place = await mkdtemp(`${folder}-`);
  await chmod(place, 0o755);
  for (const [path, content] of Object.entries(files)) await writeFile(join(place, path), content);
  return startNginx(site, image, ["--volume", `${place}:/bench:ro`], "/bench/nginx.conf");
}

/** Starts an nginx with the site's own configuration that lets everybody in. Returns its container. */
async function startOurs(site: RunningSite, image: string, folder: string): Promise<string> {
  const root = String(site.host.layout.root);
  await cp(join(root, "files/nginx/current"), folder, { recursive: true, dereference: true });
  await change(join(folder, "door.conf"), [
    [/^if \(-f [^}]*}\n/m, ""],
    [/@\$verdict/, "@allow"],
  ]);
  await change(join(folder, "app.conf"), [
    [/\$sso_(?:email|name)/g, person],
    [/\$(?:session_id|key_name)/g, '""'],
    [/\$app_cookie/, '""'],
  ]);
  const volumes = [`${folder}:/site/current:ro`, `${join(root, "secrets/nginx")}:/run/secrets/nginx:ro`];
  const mounts = volumes.flatMap((volume) => ["--volume", volume]);
  return startNginx(site, image, [...mounts, "--tmpfs", "/sessions:mode=1777"], "/site/current/nginx.conf");
}

/** Replaces texts in a file. Each must be there. */
async function change(file: string, replacements: [pattern: RegExp, text: string][]): Promise<void> {
  let text = await readFile(file, "utf8");
  for (const [pattern, replacement] of replacements) {
    if (text.search(pattern) === -1) throw new PlainError(`${file} does not contain ${pattern}.`);
    text = text.replace(pattern, replacement);
  }
  await writeFile(file, text);
}

/** Starts an nginx on the site's networks. Returns its container. */
async function startNginx(site: RunningSite, image: string, mounts: string[], configuration: string): Promise<string> {
  const { project } = site;
  // Docker takes each line of the log, and the processor for it, as of the site's own.
  const { driver, options } = BASELINE.logging;
  const log = Object.entries(options).flatMap(([name, value]) => ["--log-opt", `${name}=${value}`]);
  const started = await run("docker create", "docker", [
    ...["create", "--log-driver", driver, ...log, "--network", `${project}_sign-in`],
    ...[...mounts, "--tmpfs", "/tmp:mode=1777", "--entrypoint", "nginx", image, "-c", configuration],
  ]);
  const container = started.trim();
  for (const network of [`${project}_jupyter`, await networkOf(await site.container("small"))])
    await run("docker network connect", "docker", ["network", "connect", network, container]);
  await run("docker start", "docker", ["start", container]);
  return container;
}

/** The network of a container that has only one. */
async function networkOf(container: string): Promise<string> {
  const format = "{{range $name, $_ := .NetworkSettings.Networks}}{{$name}}{{end}}";
  return (await run("docker inspect", "docker", ["inspect", "--format", format, container])).trim();
}

/** Sends a signed-in user's requests. */
async function load(
  { nginx, vouch, cookieAt }: Loaded,
  url: string,
  connections: number,
  seconds: number,
): Promise<Load> {
  const format = "{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}";
  const [address] = (await run("docker inspect", "docker", ["inspect", "--format", format, nginx])).split(" ");
  const script = new URL("door/load.lua", import.meta.url).pathname;
  const options = ["--threads", "1", "--connections", `${connections}`, "--duration", `${seconds}s`, "--latency"];
  const cpuSeconds = async () => (await usageOf(nginx)).cpuSeconds + (await usageOf(vouch)).cpuSeconds;
  const cookie = await cookieAt(new URL(url).hostname);
  const before = await cpuSeconds();
  const said = await run(
    "Loading the door",
    "wrk",
    [...options, "--script", script, "--header", `Cookie: ${cookie}`, url],
    { env: { ADDRESS: address } },
  );
  const { requests, duration, p50, p99, failed } = JSON.parse(said.trim().split("\n").at(-1) ?? "");
  if (failed > 0) throw new PlainError(`${failed} of ${requests} requests failed.`, said);
  const cpu = ((await cpuSeconds()) - before) * 1e6;
  return { rate: requests / (duration / 1e6), p50: p50 / 1000, p99: p99 / 1000, cpu: cpu / requests };
}

/**
 * Measures the configurations in turns. The site's is compared with itself without sign-in, and both others with the bare one: the
 * ratio is the median of the rounds' ratios.
 */
async function comparison(what: string, loadOf: (door: DoorName) => Promise<Load>): Promise<Result[]> {
  const loads: Record<DoorName, Load[]> = {
    ours: [],
    "ours without sign-in": [],
    "no sign-in": [],
    "the article's configuration": [],
  };
  for (const door of DOORS) await loadOf(door);
  for (let round = 0; round < ROUNDS; round++) {
    // Each is first equally often, because work left over from the previous one slows it down.
    const first = round % DOORS.length;
    for (const door of [...DOORS.slice(first), ...DOORS.slice(0, first)]) loads[door].push(await loadOf(door));
  }
  const figures = (door: DoorName, key: keyof Load) => loads[door].map((load) => load[key]);
  const row = (door: DoorName, other: DoorName, key: keyof Load, unit: string, aim: string): Result => {
    const [values, besides] = [figures(door, key), figures(other, key)];
    return {
      what: `${what}, ${door}: ${NAMES[key]}`,
      value: rounded(median(values)),
      unit,
      beside: { what: other, value: rounded(median(besides)) },
      ratio: rounded(median(values.map((value, round) => value / (besides[round] ?? Number.NaN)))),
      aim,
    };
  };
  const compared: [DoorName, DoorName, aim: string][] = [
    ["ours", "ours without sign-in", "× 0.97 or more"],
    ["ours", "no sign-in", ""],
    ["the article's configuration", "no sign-in", ""],
  ];
  return compared.flatMap(([door, other, aim]) => [
    row(door, other, "rate", "/s", aim),
    row(door, other, "p50", "ms", ""),
    row(door, other, "p99", "ms", ""),
    row(door, other, "cpu", "µs", ""),
  ]);
}

/** Compares the first ten seconds of a minute under load with the last ten, and counts connections closed meanwhile. */
async function minute(loaded: Loaded): Promise<Result[]> {
  const { url, connections } = QUESTIONS["a small file"];
  const first = await load(loaded, url, connections, 10);
  await load(loaded, url, connections, 40);
  const last = await load(loaded, url, connections, 10);
  return [
    {
      what: "a small file, ours: requests a second after 50 s of load",
      value: rounded(last.rate),
      unit: "/s",
      beside: { what: "in the first 10 s", value: rounded(first.rate) },
      ratio: rounded(last.rate / first.rate),
      aim: "no decay",
    },
    { what: "  nginx's sockets in TIME_WAIT then", value: await waiting(loaded.nginx), unit: "", aim: "" },
  ];
}

/** Sockets of a container in TIME_WAIT, state 06 in Linux's table. */
async function waiting(container: string): Promise<number> {
  const table = await run("docker exec", "docker", ["exec", container, "cat", "/proc/net/tcp"]);
  return table.split("\n").filter((row) => row.trim().split(/\s+/)[3] === "06").length;
}
