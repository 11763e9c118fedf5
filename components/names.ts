import { createHash } from "node:crypto";

/**
 * Names derived from a stack's name. A stack's name may contain letters, digits, `-`, `_` and `.`, which Docker, Google
 * and file systems do not all accept.
 */

/** Compute Engine allows 63 characters. The longest suffix is that of the data disk. */
const LONGEST = 63 - "-data".length - "-northamerica-northeast1-a".length;
/** Google's limit for the name of a service account. */
const LONGEST_ACCOUNT = 30;
const LONGEST_BUCKET = 63;

/** The resource that leaves the key of the backup in the checkout. */
export const BACKUP_KEY = "backup-key";

/** The Compose project, which names containers and networks: `jupyter-up-dev`. */
export function composeProject(project: string, stack: string): string {
  const name = `${project}-${stack}`;
  return /^[a-z0-9][a-z0-9_-]*$/.test(name) ? name : accepted(name);
}

/**
 * The site's folder below `.state` on this machine. On a Mac, `Prod` and `prod` would be one folder; `..` is invalid.
 */
export function stackFolder(stack: string): string {
  return /^[a-z0-9_-]+$/.test(stack) ? stack : accepted(stack);
}

/** Prefix of the names of a stack's cloud resources: `jupyter-up-dev`. */
export function cloudName(project: string, stack: string): string {
  return shortened(`${project}-${stack}`, LONGEST);
}

/** Name of a stack's service account, 30 characters at most: `jupyter-up-dev`. */
export function accountName(project: string, stack: string): string {
  return shortened(`${project}-${stack}`, LONGEST_ACCOUNT);
}

/** Name of the account that a stack's backup uses at Google: `backup-jupyter-up-dev`. */
export function backupAccountName(project: string, stack: string): string {
  return shortened(`backup-${project}-${stack}`, LONGEST_ACCOUNT);
}

/** Name of the account that changes a VM's machine type: `boost-jupyter-up-dev`. */
export function boostAccountName(project: string, stack: string): string {
  return shortened(`boost-${project}-${stack}`, LONGEST_ACCOUNT);
}

/** Name of the workflow that does it: `jupyter-up-dev-boost`. */
export const boostName = (project: string, stack: string): string => `${cloudName(project, stack)}-boost`;

/** Name of a stack's bucket for backups: `my-project-123456-jupyter-up-dev-backup`. All users of Google share the names of buckets. */
export function bucketName(googleProject: string, project: string, stack: string): string {
  return shortened(`${googleProject}-${project}-${stack}-backup`, LONGEST_BUCKET);
}

/** A name that Compose accepts. It is also valid as a folder. */
const accepted = (name: string) => withHash(cleaned(name).replace(/^(?![a-z0-9])/, "x"), name);

function shortened(name: string, longest: number): string {
  const plain = cleaned(name).replaceAll("_", "-");
  const begun = /^[a-z]/.test(plain) ? plain : `x${plain}`;
  if (begun === name && name.length <= longest && !name.endsWith("-")) return name;
  return withHash(begun, name, longest);
}

const cleaned = (name: string) => name.toLowerCase().replace(/[^a-z0-9_-]/g, "-");

/** Appends some digits of the name's hash, so that shortened names of two stacks differ. */
function withHash(begin: string, name: string, longest = Number.POSITIVE_INFINITY): string {
  const hash = createHash("sha256").update(name).digest("hex").slice(0, 6);
  return `${begin.slice(0, longest - hash.length - 1).replace(/-+$/, "")}-${hash}`;
}
