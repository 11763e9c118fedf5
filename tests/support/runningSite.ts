import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { rmSync } from "node:fs";
import { type Bundle, bundleOf } from "../../files/release/bundle.ts";
import { imagesOf, type Site } from "../../files/site/site.ts";
import { selfSigned } from "../../offline/support/certificate.ts";
import { freePort } from "../../offline/support/freePort.ts";
import { type Ended, run } from "./command.ts";
import { type TestHost, testHost } from "./host.ts";
import { imageMirror, pullImages } from "./images.ts";
import { type Changes, hostNames, secrets, siteWith } from "./site.ts";

/** Options of a test's release. */
interface How {
  /** Whether the images are pulled first. */
  pulled: boolean;
  /** Defaults for every service, in Compose's terms, as an engine's own settings would set them. */
  defaults: Record<string, unknown>;
  /** Additions to single services, in Compose's terms. */
  additions: Record<string, Record<string, unknown>>;
}

/** Some services of a site, released on this machine by site-apply, as their own Compose project. */
export interface RunningSite {
  host: TestHost;
  /** The name of the Compose project. */
  project: string;
  /** The bundle of the site of the valid config with changes; its images are pulled. */
  bundle(changes?: Changes, how?: Partial<How>): Promise<Bundle>;
  /** Releases the site of the valid config with changes, after its images were pulled; returns the result. */
  release(changes?: Changes, how?: Partial<How>): Promise<Ended>;
  /** Runs a command in a service's container. */
  exec(service: string, command: string[], input?: string): Promise<Ended>;
  /** The ID of a service's container. */
  container(service: string): Promise<string>;
  /** Takes the site down and removes everything it created. */
  remove(): Promise<void>;
}

/**
 * @param names the services to run; the release omits the others.
 * @param host the host to run them on.
 */
export function runningSite(names: string[], host = testHost()): RunningSite {
  const project = `jupyter-up-rendered-${randomUUID().slice(0, 8)}`;
  // Other test files run at the same time.
  const ports = Promise.all([freePort(), freePort()]);

  async function container(service: string): Promise<string> {
    const labels = { project, service };
    const filters = Object.entries(labels).flatMap(([key, value]) => [
      "--filter",
      `label=com.docker.compose.${key}=${value}`,
    ]);
    return (await run("docker", ["ps", "--all", "--quiet", "--no-trunc", ...filters])).output.trim();
  }

  async function bundle(
    changes: Changes = {},
    { pulled = true, defaults = {}, additions = {} }: Partial<How> = {},
  ): Promise<Bundle> {
    const [httpsPort = 0, httpPort = 0] = await ports;
    const here = {
      ...changes,
      settings: { imageMirror, ...changes.settings },
      layout: { ...host.layout, address: "127.0.0.1", httpsPort, httpPort, ...changes.layout },
    };
    const whole = siteWith(here, project);
    const site: Site = {
      ...whole,
      services: whole.services
        .filter(({ name }) => names.includes(name))
        .map((service) => ({
          ...service,
          compose: { ...defaults, ...service.compose, ...additions[service.name] },
        })),
    };
    if (pulled) await pullImages(imagesOf(site).map(({ reference }) => reference));
    return bundleOf(site, { ...secrets, ...selfSigned(hostNames(whole)), ...changes.secrets });
  }

  return {
    host,
    project,
    container,
    bundle,
    async release(changes, how) {
      const { secrets, release } = await bundle(changes, how);
      assert.deepEqual(await host.apply("secrets", secrets), { code: 0, output: "" });
      return host.apply("release", release);
    },
    // By its name, which spares a command of Docker that looks for it.
    exec: (service, command, input = "") =>
      run("docker", ["exec", "--interactive", `${project}-${service}-1`, ...command], { input }),
    async remove() {
      await run(`${host.layout.root}/bin/site-apply`, ["down", project]);
      rmSync(host.folder, { recursive: true, force: true });
    },
  };
}
