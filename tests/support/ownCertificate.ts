import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { readdirSync, utimesSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { connect } from "node:tls";
import { bundleOf } from "../../files/release/bundle.ts";
import { buildSite, imagesOf, type Site } from "../../files/site/site.ts";
import { type AcmeWorld, type AcmeWorldArgs, startAcme } from "../../offline/acme/acme.ts";
import { freePort } from "../../offline/support/freePort.ts";
import { run } from "./command.ts";
import { type TestHost, testHost } from "./host.ts";
import { type Redirected, tagImages } from "./images.ts";
import { settingsWith } from "./settings.ts";
import { layout, secrets } from "./site.ts";

/** A site that obtains its own certificate from a fake ACME server and a fake Cloudflare. */
export class Machine {
  readonly world: AcmeWorld;
  readonly host: TestHost;
  readonly project = `jupyter-up-acme-${process.pid}-${Math.random().toString(36).slice(2, 6)}`;
  readonly mirror = `${this.project}.test`;
  private readonly ports: [number, number];

  private constructor(host: TestHost, world: AcmeWorld, ports: [number, number]) {
    this.host = host;
    this.world = world;
    this.ports = ports;
  }

  static async start({ host = testHost(), ...args }: AcmeWorldArgs & { host?: TestHost } = {}): Promise<Machine> {
    const world = await startAcme("example.com", args);
    const machine = new Machine(host, world, [await freePort(), await freePort()]);
    const images = imagesOf(machine.site("lab.example.com", { mirror: "" }));
    await tagImages(images, machine.mirror, redirectedLego(world));
    return machine;
  }

  /** A release with nginx and lego only. */
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
    const site = buildSite(this.project, settings, { ...layout, ...this.host.layout, httpsPort, httpPort });
    const services = site.services.flatMap(({ smokeTest: _, ...service }) =>
      ["nginx", "lego"].includes(service.name) ? [service] : [],
    );
    return { ...site, services };
  }

  async release(site: Site, { token = this.world.token } = {}) {
    const { certificate: _, certificateKey: __, ...others } = secrets;
    const bundle = bundleOf(site, { ...others, cloudflareToken: token });
    assert.deepEqual(await this.host.apply("secrets", bundle.secrets), { code: 0, output: "" });
    return this.host.apply("release", bundle.release);
  }

  async down() {
    return this.host.apply(["down", this.project]);
  }

  /** The certificate that nginx presents for a name, once it has read its files again. */
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

  /** Backdates the files, as if the timer had not run for days. */
  backdateRecords() {
    const folder = `${this.host.folder}/data/certificates`;
    for (const name of readdirSync(folder))
      if (name.endsWith(".asked")) utimesSync(`${folder}/${name}`, 0, new Date("2026-01-01"));
  }

  async stop() {
    await this.down();
    await this.world.stop();
    for (const { reference } of imagesOf(this.site("lab.example.com"))) await run("docker", ["image", "rm", reference]);
    this.host.remove();
  }
}

/** lego, with the addresses of the fakes. */
export const redirectedLego = ({ environment, authority }: AcmeWorld): Redirected => ({
  image: "lego",
  authority,
  environment: { ...environment, LEGO_CA_CERTIFICATES: "/authority.pem" },
});
