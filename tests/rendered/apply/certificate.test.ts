import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { lstatSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { after, before, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { connect } from "node:tls";
import { bundleOf } from "../../../files/bundle.ts";
import { imagesOf, type Site, siteOf } from "../../../files/site.ts";
import { type AcmeWorld, startAcme } from "../../stand-ins/acme/acme.ts";
import { run } from "../../support/command.ts";
import { type TestHost, testHost } from "../../support/host.ts";
import { havePulled, imageMirror } from "../../support/images.ts";
import { settingsWith } from "../../support/settings.ts";
import { place, secrets } from "../../support/site.ts";

const asRoot = process.getuid?.() === 0;

/** A machine with a site that gets its own certificate, in a world where that can be had. */
class Machine {
  readonly world: AcmeWorld;
  readonly host: TestHost = testHost();
  readonly project = `jupyter-up-acme-${process.pid}-${Math.random().toString(36).slice(2, 6)}`;
  private readonly mirror = `${this.project}.test`;
  private readonly ports: [number, number];

  private constructor(world: AcmeWorld, ports: [number, number]) {
    this.world = world;
    this.ports = ports;
  }

  static async start(validity?: number): Promise<Machine> {
    const machine = new Machine(await startAcme("example.com", validity ? { validity } : {}), [
      await freePort(),
      await freePort(),
    ]);
    await machine.lendImages();
    return machine;
  }

  /** nginx and lego: what else a site has is not asked for here. */
  site(domain: string, { mirror = this.mirror, allow = ["ann@example.com"] } = {}): Site {
    const settings = settingsWith({
      target: "gcp",
      proxied: "false",
      domain,
      allow,
      imageMirror: mirror,
      acmeEmail: "ann@example.com",
      acmeServer: this.world.server,
    });
    const [httpsPort, httpPort] = this.ports;
    const site = siteOf(this.project, settings, { ...place, ...this.host.place, httpsPort, httpPort });
    const services = site.services.flatMap(({ ask: _, ...service }) =>
      ["nginx", "lego"].includes(service.name) ? [service] : [],
    );
    return { ...site, services };
  }

  /** The images of the site, with lego's told where this world is: a mirror of the machine's own. */
  private async lendImages() {
    const real = imagesOf(this.site("lab.example.com", { mirror: imageMirror })).map(({ reference }) => reference);
    await havePulled(real);
    const own = imagesOf(this.site("lab.example.com")).map(({ reference }) => reference);
    for (const [index, reference] of own.entries()) {
      const from = real[index] ?? "";
      if (reference.includes("/lego:")) await this.buildLego(from, reference);
      else execFileSync("docker", ["tag", from, reference]);
    }
  }

  private async buildLego(from: string, reference: string) {
    const folder = mkdtempSync(`${tmpdir()}/jupyter-up-lego-`);
    const variables = { ...this.world.environment, LEGO_CA_CERTIFICATES: "/authority.pem" };
    const lines = Object.entries(variables).map(([name, value]) => `ENV ${name}=${value}\n`);
    writeFileSync(`${folder}/authority.pem`, this.world.authority);
    writeFileSync(`${folder}/Dockerfile`, `FROM ${from}\nCOPY authority.pem /\n${lines.join("")}`);
    const built = await run("docker", ["build", "--quiet", "--tag", reference, folder], {
      env: { DOCKER_BUILDKIT: "0" },
    });
    rmSync(folder, { recursive: true });
    assert.equal(built.code, 0, built.output);
  }

  async release(site: Site, { token = this.world.token } = {}) {
    const { certificate: _, certificateKey: __, ...others } = secrets;
    const bundle = bundleOf(site, { ...others, cloudflareToken: token });
    assert.deepEqual(await this.host.apply("secrets", bundle.secrets), { code: 0, output: "" });
    return this.host.apply("release", bundle.release);
  }

  /** The certificate that nginx shows to whoever asks for a name, once it has read its files again. */
  async shown(name: string): Promise<X509Certificate> {
    await sleep(1000);
    return this.shownNow(name);
  }

  private shownNow(name: string): Promise<X509Certificate> {
    return new Promise((resolve, reject) => {
      const options = { host: "127.0.0.1", port: this.ports[0], servername: name, rejectUnauthorized: false };
      const socket = connect(options, () => {
        resolve(new X509Certificate(socket.getPeerCertificate().raw));
        socket.end();
      }).on("error", reject);
    });
  }

  async containerOf(service: string): Promise<string> {
    const labels = [`com.docker.compose.project=${this.project}`, `com.docker.compose.service=${service}`];
    const { output } = await run("docker", [
      "ps",
      "--all",
      "--quiet",
      ...labels.flatMap((label) => ["--filter", `label=${label}`]),
    ]);
    return output.trim();
  }

  /** As if the timer had not been there for days. */
  forgetAnswers() {
    const folder = `${this.host.folder}/data/certificates`;
    for (const name of readdirSync(folder))
      if (name.endsWith(".asked")) utimesSync(`${folder}/${name}`, 0, new Date("2026-01-01"));
  }

  async stop() {
    await run(`${this.host.place.root}/bin/site-apply`, ["down", this.project]);
    await this.world.stop();
    const { output } = await run("docker", ["image", "ls", "--quiet", "--filter", `reference=${this.mirror}/*/*/*`]);
    for (const { reference } of imagesOf(this.site("lab.example.com"))) await run("docker", ["image", "rm", reference]);
    this.host.remove();
    return output;
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const namesOf = (certificate: X509Certificate) =>
  (certificate.subjectAltName ?? "")
    .split(", ")
    .map((name) => name.replace("DNS:", ""))
    .sort();
const siteNames = (domain: string) => [`dex.${domain}`, `jupyter.${domain}`, domain, `vouch.${domain}`];

describe("A site that gets its own certificate", () => {
  let machine: Machine;
  let first: X509Certificate;
  before(async () => {
    machine = await Machine.start();
  });
  after(() => machine.stop());

  it("has it before nginx starts, with exactly the site's names", async () => {
    const { code, output } = await machine.release(machine.site("lab.example.com"));
    assert.equal(code, 0, output);
    assert.match(output, /^Getting a certificate: this takes about a minute \.\.\.\n/);
    first = await machine.shown("jupyter.lab.example.com");
    assert.deepEqual(namesOf(first), siteNames("lab.example.com").sort());
    assert.match(first.issuer, /Pebble/);
    assert.equal(machine.world.orders(), 1);
  });

  it("leaves no record in the zone and no container behind", async () => {
    assert.deepEqual(machine.world.zone.records, []);
    assert.equal(await machine.containerOf("lego"), "");
  });

  it("gives its key to nginx and to nobody else", () => {
    const { place } = machine.host;
    const folder = `${place.root}/secrets/nginx`;
    const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".pem"));
    assert.equal(files.length, 1);
    const { mode, uid } = lstatSync(`${folder}/${files[0]}`);
    assert.deepEqual([(mode & 0o7777).toString(8), uid], ["600", asRoot ? 101 : process.getuid?.()]);
  });

  it("tells the token to nobody: not its log, not the container's definition", async () => {
    assert.equal(machine.host.log().includes(machine.world.token), false);
    assert.equal(machine.host.read("current/compose.yaml").includes(machine.world.token), false);
  });

  it("asks nobody at the next release", async () => {
    const { code, output } = await machine.release(machine.site("lab.example.com", { allow: ["bob@example.com"] }));
    assert.equal(code, 0, output);
    assert.doesNotMatch(output, /Getting|could not/);
    assert.equal(machine.world.orders(), 1);
  });

  it("is told by the timer's run that nothing is due", async () => {
    assert.deepEqual(await machine.host.apply("renew"), { code: 0, output: "The certificate needs no renewal yet.\n" });
    assert.equal(machine.world.orders(), 1);
    assert.equal((await machine.shown("lab.example.com")).serialNumber, first.serialNumber);
  });

  it("changes nothing when none can be got for another domain, and says why", async () => {
    const { code, output } = await machine.release(machine.site("new.example.com"), { token: "revoked" });
    assert.equal(code, 1);
    assert.equal(
      output.replace(/^Getting .*\n/, "").replace(/says: \S+:/, "says: NAME:"),
      "No certificate could be got for the site's names. Nothing was changed. lego says: NAME: cloudflare: failed to find zone example.com.: [status code 403] 9109: Invalid access token. Give it a token that may read the zone and edit its DNS (pulumi config set --secret cloudflare:apiToken TOKEN), and run pulumi up again.\n",
    );
    assert.equal((await machine.shown("lab.example.com")).serialNumber, first.serialNumber);
  });

  it("gets another one in the release that changes the domain", async () => {
    const { code, output } = await machine.release(machine.site("new.example.com"));
    assert.equal(code, 0, output);
    assert.deepEqual(namesOf(await machine.shown("jupyter.new.example.com")), siteNames("new.example.com").sort());
  });

  it("finds the first one again when it goes back", async () => {
    const asked = machine.world.orders();
    const { code, output } = await machine.release(machine.site("lab.example.com"));
    assert.equal(code, 0, output);
    assert.equal((await machine.shown("lab.example.com")).serialNumber, first.serialNumber);
    assert.equal(machine.world.orders(), asked);
  });

  it("finds it again after the site was taken down", async () => {
    const asked = machine.world.orders();
    assert.equal((await run(`${machine.host.place.root}/bin/site-apply`, ["down", machine.project])).code, 0);
    const { code, output } = await machine.release(machine.site("lab.example.com"));
    assert.equal(code, 0, output);
    assert.equal((await machine.shown("lab.example.com")).serialNumber, first.serialNumber);
    assert.equal(machine.world.orders(), asked);
  });
});

describe("A certificate near its end", () => {
  const LIFE = 30;
  let machine: Machine;
  let first: X509Certificate;
  let nginx: string;
  before(async () => {
    machine = await Machine.start(LIFE);
    const { code, output } = await machine.release(machine.site("lab.example.com"));
    assert.equal(code, 0, output);
    first = await machine.shown("lab.example.com");
    nginx = await machine.containerOf("nginx");
    // lego renews what lives for less than ten days at half of its life.
    await sleep(Date.parse(first.validFrom) + (LIFE / 2 + 1) * 1000 - Date.now());
  });
  after(() => machine.stop());

  it("stays in use when it cannot be renewed, and the site runs on", async () => {
    machine.world.zone.closed = true;
    const { code, output } = await machine.host.apply("renew");
    assert.equal(code, 1);
    assert.match(
      output,
      /^The certificate could not be renewed; the present one stays in use\. lego says: .+: \[status code 403\] 9109: Invalid access token\. Give it .+\n$/,
    );
    machine.forgetAnswers();
    const again = await machine.release(machine.site("lab.example.com", { allow: ["bob@example.com"] }));
    assert.equal(again.code, 0, again.output);
    assert.match(again.output, /^The certificate could not be renewed; the present one stays in use\. lego says: /m);
    assert.equal((await machine.shown("lab.example.com")).serialNumber, first.serialNumber);
    machine.world.zone.closed = false;
  });

  it("is renewed by the timer's run, and nginx shows the new one without a new container", async () => {
    assert.deepEqual(await machine.host.apply("renew"), {
      code: 0,
      output: "The certificate was renewed, and is in use.\n",
    });
    assert.notEqual((await machine.shown("lab.example.com")).serialNumber, first.serialNumber);
    assert.equal(await machine.containerOf("nginx"), nginx);
  });
});
