import { SAFE_SINCE } from "./holes.ts";
import { isDate, STACKS_REGISTRY, TAG_EXAMPLE } from "./jupyter/image.ts";
import type { Settings } from "./resolve.ts";
import type { Gcp } from "./target/gcp.ts";

/** Notices about settings that are allowed but have consequences the user should know. */

/** Tells how long the first `pulumi up` takes on the free VM, whose disks write only 0.12 MiB/s per GB. */
export function firstUpNotice({ machineType }: Pick<Gcp, "machineType">): string | undefined {
  if (machineType !== "e2-micro") return undefined;
  return "machineType: the first pulumi up takes about three quarters of an hour on an e2-micro. Most of that is Jupyter's image: 4.6 GB, written to a disk at about 3.6 MB/s. Let it run; it shows its progress. Later, JupyterLab answers about ten minutes after a restart of the VM. An image without pandas and SciPy is faster:\n    pulumi config set image minimal-notebook";
}

/** Warns about an image with known vulnerabilities. */
export function tagNotice({ jupyter: { image, tag } }: Pick<Settings, "jupyter">): string | undefined {
  if (!image.startsWith(`${STACKS_REGISTRY}/`) || !isDate(tag) || tag >= SAFE_SINCE) return undefined;
  return `imageTag: the images of ${tag} have a JupyterLab older than 4.6.2, with known vulnerabilities (CVE-2026-73417, CVE-2026-73415, CVE-2026-73627): a malicious file can act as the user who opens it. Set a newer one:\n    ${TAG_EXAMPLE}`;
}
