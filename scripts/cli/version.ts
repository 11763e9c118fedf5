/** The first dotted number in a text ("v3.259.0", "Docker Compose version 2.26.1-4") as its parts; empty when there is none. */
export function versionParts(text: string): number[] {
  return /\d+(\.\d+)+/.exec(text)?.[0].split(".").map(Number) ?? [];
}

/** Whether the version in `found` is `wanted` or newer. A text without a version is not. */
export function isAtLeast(found: string, wanted: string): boolean {
  const have = versionParts(found);
  if (have.length === 0) return false;
  for (const [index, part] of versionParts(wanted).entries()) {
    const difference = (have[index] ?? 0) - part;
    if (difference !== 0) return difference > 0;
  }
  return true;
}
