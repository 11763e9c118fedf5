import { SAFE_SINCE } from "./holes.ts";
import { isDate, STACKS_REGISTRY, TAG_EXAMPLE } from "./jupyter/image.ts";
import type { Settings } from "./resolve.ts";
import type { Gcp } from "./target/gcp.ts";

/** Notices about settings that are allowed but have consequences the user should know. */

/** What a disk of type pd-standard does per GB of all disks of the VM: MiB written and random reads in a second. */
const PER_GB = { write: 0.12, reads: 0.75 };
/** Jupyter's image, in MiB. */
const IMAGE_MIB = 4600;

/** Tells how long the first `pulumi up` takes on the free VM, whose disks are slow. */
export function firstUpNotice({
  machineType,
  bootDiskGb,
  dataDiskGb,
}: Pick<Gcp, "machineType" | "bootDiskGb" | "dataDiskGb">): string | undefined {
  if (machineType !== "e2-micro") return undefined;
  const gb = bootDiskGb + dataDiskGb;
  const write = gb * PER_GB.write;
  // Unpacking writes more than the image; ten minutes are for the VM and its packages.
  const minutes = 10 + (1.5 * IMAGE_MIB) / write / 60;
  return `machineType: the first pulumi up takes about ${5 * Math.round(minutes / 5)} minutes on an e2-micro. Jupyter's image has 4.6 GB, and disks of ${gb} GB write about ${write.toFixed(1)} MiB and read about ${Math.floor(gb * PER_GB.reads)} times a second there. Let it run; it shows its progress. Later, JupyterLab answers about ten minutes after a restart of the VM. An image without pandas and SciPy is faster:\n    pulumi config set image minimal-notebook`;
}

/** Warns about an image with known vulnerabilities. */
export function tagNotice({ jupyter: { image, tag } }: Pick<Settings, "jupyter">): string | undefined {
  if (!image.startsWith(`${STACKS_REGISTRY}/`) || !isDate(tag) || tag >= SAFE_SINCE) return undefined;
  return `imageTag: the images of ${tag} have a JupyterLab older than 4.6.2, with known vulnerabilities (CVE-2026-73417, CVE-2026-73415, CVE-2026-73627): a malicious file can act as the user who opens it. Set a newer one:\n    ${TAG_EXAMPLE}`;
}

/** Says what becomes of homes in a cluster. */
export function homesNotice({ people }: Pick<Settings, "people">): string | undefined {
  if (people.kind !== "own" || people.on.kind !== "kubernetes") return undefined;
  return "servers: homes in the cluster are not in this site's history and backup. Take snapshots of its volumes, if the work in them has to last. `pulumi destroy` leaves them there.";
}
