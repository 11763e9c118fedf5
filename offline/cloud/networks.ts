import { createHash } from "node:crypto";
import { attempt } from "../../scripts/cli/command.ts";
import { docker, dockerAnswer, dockerName } from "./docker.ts";
import type { Cloud } from "./folder.ts";
import { ensureMetadataServer, metadataServerName } from "./servers.ts";

/** A network of machines: a Docker bridge. */
export interface MachineNetwork {
  /** Docker's name for it. */
  readonly name: string;
  /** Its first three numbers, as in `198.18.7`. */
  readonly prefix: string;
}

/** The host's own address in a network. */
export const gatewayOf = ({ prefix }: MachineNetwork) => `${prefix}.1`;
/** The address by which a network's machines reach the metadata server. */
export const metadataGatewayOf = ({ prefix }: MachineNetwork) => `${prefix}.2`;
/** First host number that a machine gets. */
const firstMachine = 10;

/** The lowest free address of a network. */
export function freeAddress({ prefix }: MachineNetwork, taken: readonly string[]): string {
  for (let last = firstMachine; last < 255; last++) {
    if (!taken.includes(`${prefix}.${last}`)) return `${prefix}.${last}`;
  }
  throw new Error(`No address is free in ${prefix}.0/24.`);
}

/** Finds or creates the bridge for a network of the cloud, with the metadata server attached. */
export async function ensureNetwork(cloud: Cloud, part: string): Promise<MachineNetwork> {
  await ensureMetadataServer(cloud);
  const name = dockerName(cloud, part);
  const network = (await findNetwork(name)) ?? (await makeNetwork(cloud, name));
  // Fails when it is connected already.
  await dockerAnswer("network", "connect", "--ip", metadataGatewayOf(network), name, metadataServerName(cloud));
  return network;
}

/** The bridges of a cloud. */
export async function listNetworks(cloud: Cloud): Promise<MachineNetwork[]> {
  const names = await docker("network", "ls", "--filter", `label=${cloud.label}`, "--format", "{{.Name}}");
  const networks = await Promise.all(names.split("\n").filter(Boolean).map(findNetwork));
  return networks.filter((network) => network !== undefined);
}

/** Removes a bridge that has no machine left. */
export async function removeNetwork(cloud: Cloud, name: string): Promise<void> {
  await dockerAnswer("network", "disconnect", "--force", name, metadataServerName(cloud));
  await dockerAnswer("network", "rm", name);
}

async function findNetwork(name: string): Promise<MachineNetwork | undefined> {
  const subnet = await dockerAnswer("network", "inspect", "--format", "{{(index .IPAM.Config 0).Subnet}}", name);
  return subnet === undefined ? undefined : { name, prefix: subnet.slice(0, subnet.lastIndexOf(".")) };
}

/** In 198.18.0.0/15, which is reserved for benchmarking: it never hides a route of the host. */
async function makeNetwork(cloud: Cloud, name: string): Promise<MachineNetwork> {
  const first = createHash("sha256").update(name).digest().readUInt16BE();
  for (let tries = 0; tries < 512; tries++) {
    const number = (first + tries) % 512;
    const prefix = `198.${18 + (number >> 8)}.${number & 255}`;
    const args = [
      "network",
      "create",
      "--label",
      cloud.label,
      "--subnet",
      `${prefix}.0/24`,
      "--gateway",
      `${prefix}.1`,
      name,
    ];
    const { code, stderr } = await attempt("docker", args);
    if (code === 0) return { name, prefix };
    if (!/overlap/i.test(stderr)) throw new Error(`Docker makes no network ${name}: ${stderr.trim()}`);
  }
  throw new Error("No network is free in 198.18.0.0/15.");
}
