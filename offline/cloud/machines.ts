/** Machines: containers with their own init, which stop, start and continue like virtual machines. */

import { link, mkdir, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { registryAddress } from "../setup/registry.ts";
import { containerStatus, docker, dockerAnswer, dockerName, removeContainer } from "./docker.ts";
import { readJson, writeJson } from "./files.ts";
import type { Cloud } from "./folder.ts";
import { ensureInstanceImage } from "./instanceImage.ts";
import type { Metadata } from "./metadata/tree.ts";
import { ensureNetwork, freeAddress, listNetworks, metadataGatewayOf, removeNetwork } from "./networks.ts";
import { removeServers } from "./servers.ts";
import { turns } from "./turns.ts";

export interface MachineSpec {
  /** Name in its cloud; letters, digits and hyphens. */
  readonly id: string;
  readonly hostname: string;
  /** The name of its network. Bridges are created and removed with the machines in them. */
  readonly network: string;
  readonly memoryMb: number;
  /** Size of the boot disk that it shows. Default: it shows none. */
  readonly bootDiskGb?: number;
  /** Disk images by device name. */
  readonly disks: Readonly<Record<string, string>>;
  /** What the machine's metadata server answers, given the machine's own address. */
  readonly metadata: (address: string) => Metadata;
  /** Makes it as small as a real one. Default: its programs are not on a disk, and it has more memory in place of swap. */
  readonly real?: RealLimits;
}

/** A machine that swaps, and boots from a disk. The swap is this machine's, which has to end it before the machine is removed. */
export interface RealLimits {
  /** The folder at which the disk is mounted here, with the files of the image that machines boot from. */
  readonly root: string;
  /** Further limits, as options of `docker create`. */
  readonly options: readonly string[];
}

// Machines share networks, addresses and servers, so creating the first machine and removing the last one must not
// overlap with other changes.
const inTurn = turns();

interface MachineFile {
  readonly address: string;
  readonly network: string;
  readonly metadata: Metadata;
}

/** Creates and boots a machine, and returns its address as soon as it boots. sshd answers seconds later. */
export function createMachine(
  cloud: Cloud,
  spec: MachineSpec,
  say: (message: string) => void = () => {},
): Promise<string> {
  return inTurn(() => makeMachine(cloud, spec, say));
}

async function makeMachine(cloud: Cloud, spec: MachineSpec, say: (message: string) => void): Promise<string> {
  const image = await ensureInstanceImage(say);
  const network = await ensureNetwork(cloud, spec.network);
  const address = freeAddress(network, Object.values(await machineAddresses(cloud)));
  const file: MachineFile = { address, network: network.name, metadata: spec.metadata(address) };
  await writeJson(metadataFile(cloud, spec.id), file);
  await mkdir(disksFolder(cloud, spec.id), { recursive: true });
  if (spec.bootDiskGb !== undefined) {
    await writeFile(join(disksFolder(cloud, spec.id), BOOT_DISK), "");
    await truncate(join(disksFolder(cloud, spec.id), BOOT_DISK), spec.bootDiskGb * 2 ** 30);
  }
  for (const [device, path] of Object.entries(spec.disks)) await link(path, join(disksFolder(cloud, spec.id), device));
  await docker(
    ...["create", "--name", containerOf(cloud, spec.id), "--label", cloud.label, "--hostname", spec.hostname],
    ...["--network", network.name, "--ip", address, "--add-host", "metadata.google.internal:169.254.169.254"],
    ...["--env", `METADATA_GATEWAY=${metadataGatewayOf(network)}`, "--env", `LOOPBACK_PORTS=${registryPort}`],
    ...["--volume", `${disksFolder(cloud, spec.id)}:/mnt/.disks`],
    ...memoryLimit(spec.memoryMb),
    ...asVirtualMachine,
    ...(spec.real ? await realLimits(cloud, spec.id, spec.memoryMb, spec.real) : []),
    image,
  );
  await startMachine(cloud, spec.id);
  return address;
}

/** The registry for images where public ones cannot be reached: on the host's loopback. */
export const registryPort = Number(registryAddress.split(":")[1]);

const SECCOMP = join(import.meta.dirname, "instance/seccomp.json");

// A private cgroup namespace makes the machine's limits apply to its own containers, too, and leaves nothing behind.
export const asVirtualMachine = [
  ...["--cgroupns", "private", "--restart", "unless-stopped"],
  ...["--security-opt", `seccomp=${SECCOMP}`],
  ...["--security-opt", "apparmor=unconfined", "--device-cgroup-rule", "a *:* rwm"],
  ...["SYS_ADMIN", "NET_ADMIN", "SYS_PTRACE", "NET_RAW", "MKNOD", "SYS_BOOT"].flatMap((name) => ["--cap-add", name]),
  ...["/run", "/run/lock", "/tmp"].flatMap((path) => ["--tmpfs", `${path}:exec`]),
];

/** Twice its memory: a small machine has a swap file, which a container cannot have. */
function memoryLimit(memoryMb: number): string[] {
  return ["--memory", `${2 * memoryMb}m`];
}

/** Options after those of other machines, which they replace. */
async function realLimits(cloud: Cloud, id: string, memoryMb: number, { root, options }: RealLimits) {
  const profile: { syscalls: { names: string[] }[] } = JSON.parse(await readFile(SECCOMP, "utf8"));
  profile.syscalls = profile.syscalls.filter(({ names }) => !names.includes("swapon"));
  const file = join(cloud.folder, "machines", id, "seccomp.json");
  await writeJson(file, profile);
  const memory = ["--memory", `${memoryMb}m`, "--memory-swap", `${2 * memoryMb}m`];
  return ["--security-opt", `seccomp=${file}`, "--volume", `${root}:/mnt/root`, ...memory, ...options];
}

/** Changes what a machine's metadata server answers. The machine sees the change within a second. */
export async function setMetadata(cloud: Cloud, id: string, metadata: MachineSpec["metadata"]): Promise<void> {
  const file = await machineFile(cloud, id);
  if (file !== undefined) await writeJson(metadataFile(cloud, id), { ...file, metadata: metadata(file.address) });
}

/** `running`, `paused`, `exited`, ...; undefined when there is no such machine. */
export async function machineStatus(cloud: Cloud, id: string): Promise<string | undefined> {
  return containerStatus(containerOf(cloud, id));
}

/** Boots a stopped machine. */
export async function startMachine(cloud: Cloud, id: string): Promise<void> {
  await docker("start", containerOf(cloud, id));
}

/** Shuts a machine down, or cuts its power if that takes more than 20 seconds. */
export async function stopMachine(cloud: Cloud, id: string): Promise<void> {
  await dockerAnswer("unpause", containerOf(cloud, id));
  await docker("stop", "--time", "20", containerOf(cloud, id));
}

/** Makes a machine hang: it accepts connections and never answers. `stopMachine` and `removeMachine` end that. */
export async function hangMachine(cloud: Cloud, id: string): Promise<void> {
  await docker("pause", containerOf(cloud, id));
}

/** Limits the memory of a machine that is off. */
export async function setMemory(cloud: Cloud, id: string, memoryMb: number): Promise<void> {
  const limit = `${2 * memoryMb}m`;
  await docker("update", "--memory", limit, "--memory-swap", `${4 * memoryMb}m`, containerOf(cloud, id));
}

/**
 * Removes a machine at once, with everything on its boot disk, whatever its state, even if it is only half created. The
 * last machine of a network takes the network with it; the last one of a cloud takes the cloud's servers.
 */
export function removeMachine(cloud: Cloud, id: string): Promise<void> {
  return inTurn(() => unmakeMachine(cloud, id));
}

async function unmakeMachine(cloud: Cloud, id: string): Promise<void> {
  const file = await machineFile(cloud, id);
  await removeContainer(containerOf(cloud, id));
  await rm(join(cloud.folder, "machines", id), { recursive: true, force: true });
  const others = await machineFiles(cloud);
  if (others.length === 0) await removeServers(cloud);
  for (const { name } of await listNetworks(cloud)) {
    if (others.length === 0 || (name === file?.network && !others.some(({ network }) => network === name))) {
      await removeNetwork(cloud, name);
    }
  }
}

/** The addresses of the cloud's machines in their networks, by id. */
export async function machineAddresses(cloud: Cloud): Promise<Record<string, string>> {
  return Object.fromEntries((await machineFiles(cloud)).map(({ id, address }) => [id, address]));
}

/** Plugs a disk image into a machine, as /dev/disk/by-id/google-<device>. */
export async function attachDisk(cloud: Cloud, id: string, device: string, image: string): Promise<void> {
  await link(image, join(disksFolder(cloud, id), device));
  await plug(cloud, id, "attach", device);
}

/** Unplugs a disk, mounted or not. */
export async function detachDisk(cloud: Cloud, id: string, device: string): Promise<void> {
  await plug(cloud, id, "detach", device);
  await rm(join(disksFolder(cloud, id), device), { force: true });
}

/** Resizes a disk image and tells the machine that has it. */
export async function growDisk(
  cloud: Cloud,
  image: string,
  sizeGb: number,
  attached: readonly { readonly id: string; readonly device: string }[],
): Promise<void> {
  await truncate(image, sizeGb * 2 ** 30);
  for (const { id, device } of attached) await plug(cloud, id, "grow", device);
}

/**
 * The same for the boot disk, whose partition and file system stay as they are until something in the machine grows
 * them.
 */
export function growBootDisk(cloud: Cloud, id: string, sizeGb: number): Promise<void> {
  return growDisk(cloud, join(disksFolder(cloud, id), BOOT_DISK), sizeGb, [{ id, device: BOOT_DISK }]);
}

/** Google's default name of the device. */
const BOOT_DISK = "persistent-disk-0";

/** A machine that is off finds its disks when it boots. */
async function plug(cloud: Cloud, id: string, deed: "attach" | "detach" | "grow", device: string): Promise<void> {
  if ((await machineStatus(cloud, id)) === "running") {
    await docker("exec", containerOf(cloud, id), "/usr/lib/guest/disk", deed, device);
  }
}

/** Docker's name for a machine. */
export const containerOf = (cloud: Cloud, id: string) => dockerName(cloud, id);
const metadataFile = (cloud: Cloud, id: string) => join(cloud.folder, "machines", id, "metadata.json");
const disksFolder = (cloud: Cloud, id: string) => join(cloud.folder, "machines", id, "disks");
const machineFile = (cloud: Cloud, id: string) => readJson<MachineFile>(metadataFile(cloud, id));

async function machineFiles(cloud: Cloud): Promise<(MachineFile & { id: string })[]> {
  const ids = await readdir(join(cloud.folder, "machines")).catch((): string[] => []);
  const files = await Promise.all(ids.map(async (id) => ({ id, file: await machineFile(cloud, id) })));
  return files.flatMap(({ id, file }) => (file === undefined ? [] : [{ id, ...file }]));
}
