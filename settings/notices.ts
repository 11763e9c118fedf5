import { isDate, STACKS_REGISTRY, TAG_EXAMPLE } from "./jupyter/image.ts";
import type { Settings } from "./resolve.ts";
import type { Gcp } from "./target/gcp.ts";

/** Settings that are allowed, with consequences that the user should know first. */

/** Who gets the session cookie, where host names that are not the site's do. */
export function cookieNotice({ target, domain, dns }: Pick<Settings, "target" | "domain" | "dns">): string | undefined {
  if (target.kind === "local")
    return `domain: the session cookie goes to every name below ${domain}, on every port of this machine. A program that listens on one gets the session of whoever opens its page by such a name. Where other people run programs on this machine, too, have the site on a machine of its own (target gcp or ssh).`;
  // Behind Cloudflare the domain is the zone; elsewhere, one of two labels is somebody's whole domain for sure.
  if (!dns.proxied && domain.split(".").length > 2) return undefined;
  const below = `pulumi config set domain lab.${domain}`;
  return `domain: the session cookie goes to every name below ${domain}, whoever runs it: a web site, a shop, a page at a hosting company. Whoever gets the cookie is signed in, for 24 hours at most. Safer is a domain that nothing else uses, or names below a label of their own, which lead straight to the machine:\n    ${dns.proxied ? `${below} && pulumi config set proxied false` : below}`;
}

/** How long the first `pulumi up` takes on the free VM, whose disks write slowly: 0.12 MiB a second for each GB. */
export function firstUpNotice({ machineType }: Pick<Gcp, "machineType">): string | undefined {
  if (machineType !== "e2-micro") return undefined;
  return "machineType: the first pulumi up takes about three quarters of an hour on an e2-micro. Most of it is Jupyter's image: 4.6 GB onto a disk that writes about 3.6 MB a second. Let it run; it says what it does. Later, a restart of the VM takes about ten minutes until JupyterLab answers. An image without pandas and SciPy is quicker:\n    pulumi config set image minimal-notebook";
}

/** Day from which on the images have JupyterLab 4.6.2, which fixes CVE-2026-73417, CVE-2026-73415 and CVE-2026-73627. */
export const SAFE_SINCE = "2026-07-22";

/** An image with known vulnerabilities. */
export function tagNotice({ jupyter: { image, tag } }: Pick<Settings, "jupyter">): string | undefined {
  if (!image.startsWith(`${STACKS_REGISTRY}/`) || !isDate(tag) || tag >= SAFE_SINCE) return undefined;
  return `imageTag: the images of ${tag} have a JupyterLab older than 4.6.2, with known vulnerabilities (CVE-2026-73417, CVE-2026-73415, CVE-2026-73627): a file of somebody else's can act in the name of whoever opens it. A newer one:\n    ${TAG_EXAMPLE}`;
}
