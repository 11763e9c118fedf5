import { createHash } from "node:crypto";

/** What Google Cloud takes for a name of anything that Compute Engine has: the longest of ours is that of the data disk. */
const LONGEST = 63 - "-data".length - "-northamerica-northeast1-a".length;
/** An account's name is shorter than any other. */
const LONGEST_ACCOUNT = 30;

/** A name that all resources of a stack begin with: `jupyter-up-dev`. A stack's name may hold what no cloud takes. */
export function cloudName(project: string, stack: string): string {
  return shortened(`${project}-${stack}`, LONGEST);
}

/** The same, for a service account. */
export function accountName(project: string, stack: string): string {
  return shortened(`${project}-${stack}`, LONGEST_ACCOUNT);
}

/** Where something is lost of a name, a few digits of its hash keep it from being another stack's. */
function shortened(name: string, longest: number): string {
  const plain = name.toLowerCase().replace(/[^a-z0-9-]/g, "-");
  const begun = /^[a-z]/.test(plain) ? plain : `x${plain}`;
  if (begun === name && name.length <= longest && !name.endsWith("-")) return name;
  const hash = createHash("sha256").update(name).digest("hex").slice(0, 6);
  return `${begun.slice(0, longest - hash.length - 1).replace(/-+$/, "")}-${hash}`;
}
