/**
 * Exits with 0 when node_modules holds exactly what package-lock.json asks for, else with 1. It is run before `npm ci`,
 * so it may import nothing but Node's own modules.
 */

import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";

interface LockedPackage {
  version?: string;
  optional?: boolean;
}

const project = resolve(import.meta.dirname, "../..");

/** The packages of a lock file, by their folder; undefined when there is no such file. */
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

// Optional packages are those of other platforms as well: npm leaves them out of what it installed.
const complete =
  wanted !== undefined &&
  installed !== undefined &&
  [...wanted].every(
    ([folder, { version, optional }]) => (installed.get(folder)?.version ?? (optional && version)) === version,
  ) &&
  [...installed.keys()].every((folder) => wanted.has(folder));

process.exitCode = complete ? 0 : 1;
