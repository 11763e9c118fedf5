import semver from "semver";

/**
 * Whether the version in `found` ("v3.259.0", "Docker Compose version 2.26.1-4") is `wanted` or newer. Missing parts count
 * as zero. The result is false for a text without a version.
 */
export function isAtLeast(found: string, wanted: string): boolean {
  const version = semver.coerce(found);
  return version !== null && semver.gte(version, semver.coerce(wanted) ?? wanted);
}
