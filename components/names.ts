import { createHash } from "node:crypto";

/** The names that a stack has elsewhere. A stack's name may hold letters, digits, `-`, `_` and `.`, and not everybody takes all of them. */

/** What Google Cloud takes for a name of anything that Compute Engine has: the longest of ours is that of the data disk. */
const LONGEST = 63 - "-data".length - "-northamerica-northeast1-a".length;
/** An account's name is shorter than any other. */
const LONGEST_ACCOUNT = 30;

/** The Compose project, which names containers and networks: `jupyter-up-dev`. */
export function composeProject(project: string, stack: string): string {
  const name = `${project}-${stack}`;
  return /^[a-z0-9][a-z0-9_-]*$/.test(name) ? name : accepted(name);
}

/** The folder below `.state` of a site on this machine. `Prod` and `prod` are one folder to a Mac, `..` is none at all. */
export function stackFolder(stack: string): string {
  return /^[a-z0-9_-]+$/.test(stack) ? stack : accepted(stack);
}

/** A name that all resources of a stack in the cloud begin with: `jupyter-up-dev`. */
export function cloudName(project: string, stack: string): string {
  return shortened(`${project}-${stack}`, LONGEST);
}

/** The same, for a service account. */
export function accountName(project: string, stack: string): string {
  return shortened(`${project}-${stack}`, LONGEST_ACCOUNT);
}

/** Compose's rule, which is good enough for a folder. */
const accepted = (name: string) => withHash(cleaned(name).replace(/^(?![a-z0-9])/, "x"), name);

function shortened(name: string, longest: number): string {
  const plain = cleaned(name).replaceAll("_", "-");
  const begun = /^[a-z]/.test(plain) ? plain : `x${plain}`;
  if (begun === name && name.length <= longest && !name.endsWith("-")) return name;
  return withHash(begun, name, longest);
}

const cleaned = (name: string) => name.toLowerCase().replace(/[^a-z0-9_-]/g, "-");

/** Where something is lost of a name, a few digits of its hash keep it from being another stack's. */
function withHash(begin: string, name: string, longest = Number.POSITIVE_INFINITY): string {
  const hash = createHash("sha256").update(name).digest("hex").slice(0, 6);
  return `${begin.slice(0, longest - hash.length - 1).replace(/-+$/, "")}-${hash}`;
}
