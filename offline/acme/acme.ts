import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { attempt } from "../../scripts/cli/command.ts";
import { unpackPackage } from "../setup/debian.ts";
import { debianRelease } from "../setup/environment.ts";
import { selfSigned } from "../support/certificate.ts";
import { freePort } from "../support/freePort.ts";
import { cloudflareApi } from "./api.ts";
import { zoneDns } from "./dns.ts";
import { Zone } from "./zone.ts";

/** An ACME server and the DNS zone in which it looks for the challenge's answers. */
export interface AcmeWorld {
  /** ACME directory. */
  server: string;
  /** Cloudflare's token for the zone. */
  token: string;
  zone: Zone;
  /** Environment variables that point lego at these servers instead of the real ones. */
  environment: Record<string, string>;
  /** PEM of the authority that signed the ACME server's own HTTPS certificate. */
  authority: string;
  /** Orders that the ACME server has accepted so far. */
  orders(): number;
  stop(): Promise<void>;
}

/**
 * The address at which containers of any network reach services on this machine. Node does not list the bridge while no
 * container is attached.
 */
async function gateway(): Promise<string> {
  const { stdout } = await attempt("ip", ["-4", "-oneline", "address", "show", "docker0"]);
  const [, address] = / inet ([\d.]+)\//.exec(stdout) ?? [];
  if (!address) throw new Error("Docker has no bridge network here (docker0)");
  return address;
}

const MADE_UP = "fake-token---------------------------------40";

/** Options of the fake servers. */
export interface AcmeWorldArgs {
  /** Seconds that a certificate lives. Default: 90 days. */
  validity?: number;
  /** An address of this machine that lego can reach. Default: Docker's own bridge. */
  address?: string;
  /** Cloudflare's token for the zone. Default: a made-up one. */
  token?: string;
}

/**
 * Starts Pebble, Let's Encrypt's own test server, and a fake Cloudflare: its API, and a DNS server that answers with
 * what the API set.
 * @param domain the zone.
 */
export async function startAcme(domain: string, args: AcmeWorldArgs = {}): Promise<AcmeWorld> {
  const { validity = 90 * 24 * 3600, address = await gateway(), token = MADE_UP } = args;
  const zone = new Zone(domain);
  const api = cloudflareApi(zone, token).listen(0, address);
  const { udp, tcp } = zoneDns(zone);
  tcp.listen(0, address);
  await Promise.all([once(api, "listening"), once(tcp, "listening")]);
  const portOf = (server: typeof tcp) => (server.address() as AddressInfo).port;
  udp.bind(portOf(tcp), address);
  await once(udp, "listening");
  const resolver = `${address}:${portOf(tcp)}`;
  const pebble = await startPebble(address, resolver, validity);
  return {
    server: pebble.directory,
    token,
    zone,
    environment: {
      CLOUDFLARE_BASE_URL: `http://${address}:${portOf(api)}/client/v4`,
      CLOUDFLARE_POLLING_INTERVAL: "1",
      CLOUDFLARE_PROPAGATION_TIMEOUT: "10",
      LEGO_DNS_RESOLVERS: resolver,
      LEGO_DNS_PROPAGATION_DISABLE_ANS: "true",
    },
    authority: pebble.authority,
    orders: () => pebble.log().match(/Added order/g)?.length ?? 0,
    async stop() {
      await pebble.stop();
      api.closeAllConnections();
      for (const server of [api, tcp, udp]) server.close();
    },
  };
}

async function startPebble(address: string, resolver: string, validity: number) {
  const debian = debianRelease();
  if (!debian) throw new Error("Pebble comes from Debian's packages, and this machine does not run Debian");
  const program = join(await unpackPackage("pebble", debian, () => {}), "usr/bin/pebble");
  const folder = await mkdtemp(join(tmpdir(), "jupyter-up-pebble-"));
  const { certificate: authority, certificateKey } = selfSigned([], [address]);
  const port = await freePort(address);
  await writeFile(`${folder}/server.crt`, authority);
  await writeFile(`${folder}/server.key`, certificateKey);
  const config = {
    listenAddress: `${address}:${port}`,
    managementListenAddress: "",
    certificate: `${folder}/server.crt`,
    privateKey: `${folder}/server.key`,
    httpPort: 5002,
    tlsPort: 5001,
    certificateValidityPeriod: validity,
    retryAfter: { authz: 1, order: 1 },
  };
  await writeFile(`${folder}/pebble.json`, JSON.stringify({ pebble: config }));
  const child = spawn(program, ["-config", `${folder}/pebble.json`, "-dnsserver", resolver], {
    env: { PEBBLE_VA_NOSLEEP: "1", PEBBLE_AUTHZREUSE: "0" },
  });
  let log = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => {
      log += text;
    });
  while (!log.includes("ACME directory available")) {
    if (child.exitCode !== null) throw new Error(`Pebble ended: ${log}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return {
    directory: `https://${address}:${port}/dir`,
    authority,
    log: () => log,
    async stop() {
      if (child.exitCode === null && child.kill()) await once(child, "exit");
      await rm(folder, { recursive: true, force: true });
    },
  };
}
