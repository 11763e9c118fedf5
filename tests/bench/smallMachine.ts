import { ensureInstanceImage } from "../../offline/cloud/instanceImage.ts";
import { removeMachine } from "../../offline/cloud/machines.ts";
import { run } from "../../scripts/cli/command.ts";
import type { CloudStack } from "../e2e/support/cloudStack.ts";
import { createSshMachine } from "../e2e/support/sshMachine.ts";
import { type SlowDisk, slowDisk } from "../support/slowDisk.ts";

export const MACHINE = "small-lab";

/** What Linux leaves of 1 GB. */
const MEMORY_MB = 966;
/** A pd-standard disk has 0.75 reads, 1.5 writes and 0.12 MiB per GB each second. This is one disk in place of those of 10 and 20 GB. */
const DISK_GB = 30;
const DISK = { reads: 22, writes: 45, bytes: 3_774_874 };
/** An e2-micro has 0.25 of a core all the time, and more for a short while. */
const CPUS = 0.25;

/** A machine like Google's smallest after it has used up its bursts, with its address and the key of its sshd. */
export interface SmallMachine {
  host: string;
  hostKey: string;
  disk: SlowDisk;
}

/** Creates and boots the machine. Its disk has to be removed after it. */
export async function smallMachine(stack: CloudStack, publicKey: string): Promise<SmallMachine> {
  const image = await ensureInstanceImage();
  const disk = await slowDisk(`${stack.cloud.folder}/disk`, DISK_GB, DISK);
  const container = (await run("docker create", "docker", ["create", image])).trim();
  const script = 'docker export "$1" | tar --extract --directory "$2"';
  await run("docker export", "sh", ["-ec", script, "sh", container, disk.folder]);
  await run("docker rm", "docker", ["rm", "--volumes", container]);
  await disk.slowDown();
  const options = [...disk.limits, "--cpus", `${CPUS}`];
  const limits = { memoryMb: MEMORY_MB, real: { root: disk.folder, options } };
  try {
    return { ...(await createSshMachine(stack, MACHINE, "small", publicKey, limits)), disk };
  } catch (error) {
    await removeMachine(stack.cloud, MACHINE);
    await disk.remove();
    throw error;
  }
}
