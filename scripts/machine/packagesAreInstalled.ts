/**
 * Exits with 0 if node_modules contains exactly the packages of package-lock.json, else with 1. It runs before `npm
 * ci`, so it may import only Node's own modules.
 */

import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";

interface LockedPackage {
  version?: string;
  optional?: boolean;
}

const project = resolve(import.meta.dirname, "../..");

/** The packages of a lock file, by folder; undefined if there is no such file. */
function lockedPackages(path: string): Map<string, LockedPackage> | undefined {
  try {
    const { packages } = JSON.parse(readFileSync(path, "utf8")) as { packages: Record<string, LockedPackage> };
    return new Map(Object.entries(packages).filter(([folder]) => folder !== ""));
  } catch {
    return undefined;
  }
}

const wanted = lockedPackages(join(project, "package-lock.json"));
const installed = lockedPackages(join(project, "node_modules/.package-lock.json"));

// Optional packages include those of other platforms, which npm did not install.
const complete =
  wanted !== undefined &&
  installed !== undefined &&
  [...wanted].every(
    ([folder, { version, optional }]) => (installed.get(folder)?.version ?? (optional && version)) === version,
  ) &&
  [...installed.keys()].every((folder) => wanted.has(folder));

process.exitCode = complete ? 0 : 1;
