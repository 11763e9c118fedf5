import { SAFE_SINCE } from "./holes.ts";
import { isDate, STACKS_REGISTRY, TAG_EXAMPLE } from "./jupyter/image.ts";
import type { Settings } from "./resolve.ts";
import type { Gcp } from "./target/gcp.ts";

/** Notices about settings that are allowed but have consequences the user should know. */

/** Warns if hosts outside the site get the session cookie. */
export function cookieNotice({
  target,
  forwarded,
  domain,
  dns,
}: Pick<Settings, "target" | "forwarded" | "domain" | "dns">): string | undefined {
  if (target.kind === "local" || forwarded)
    return `domain: browsers send the session cookie to every host name below ${domain}, on every port of this machine. A program that listens on such a port gets the session of every user who opens its page. If other people run programs on this machine, run the site on a separate one (target gcp or ssh).`;
  // Behind Cloudflare, the domain is the whole zone. Elsewhere, a domain of two labels usually has other hosts below
  // it.
  if (!dns.proxied && domain.split(".").length > 2) return undefined;
  const below = `pulumi config set domain lab.${domain}`;
  return `domain: browsers send the session cookie to every host name below ${domain}, also to a web site, a shop or a hosted page. A server that gets the cookie is signed in as the user, for up to 24 hours. It is safer to use a domain that nothing else uses, or a subdomain that leads straight to the machine:\n    ${dns.proxied ? `${below} && pulumi config set proxied false` : below}`;
}

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
