import { existsSync, globSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { run } from "../../scripts/cli/command.ts";
import { cacheFolder } from "../../scripts/cli/folders.ts";
import { PlainError } from "../../scripts/cli/plainError.ts";
import type { Say } from "../../scripts/cli/step.ts";
import { type AptSource, formatAptSources, parseAptSources, sourcesOfRelease } from "./aptSources.ts";
import type { DebianRelease } from "./environment.ts";

/** The release that we build and unpack packages from. */
export const packageRelease = "trixie";

const quietly = { DEBIAN_FRONTEND: "noninteractive" };
let listsAreFresh = false;

/** Installs Debian packages on this machine, as root. Without the packages that they recommend. */
export async function installPackages(packages: string[], say: Say): Promise<void> {
  if (!listsAreFresh) {
    say("apt-get update");
    await run("Reading the package lists", "apt-get", ["update", "--quiet"], { env: quietly });
    listsAreFresh = true;
  }
  say(`apt-get install ${packages.join(" ")}`);
  await run(
    `Installing ${packages.join(", ")}`,
    "apt-get",
    ["install", "--yes", "--quiet", "--no-install-recommends", ...packages],
    { env: quietly },
  );
}

/**
 * Unpacks a package of Debian 13 into the cache, once, without installing it. So no service starts, nothing else on
 * this machine changes, and Debian 12 works as well. Returns the folder with the package's files.
 */
export async function unpackPackage(name: string, debian: DebianRelease, say: Say): Promise<string> {
  const folder = join(cacheFolder, "packages", `${name}-${packageRelease}`);
  if (existsSync(folder)) return folder;
  await mkdir(join(cacheFolder, "packages"), { recursive: true });
  const temporary = await mkdtemp(join(cacheFolder, "packages", `.${name}-`));
  try {
    const apt = await privateApt(join(temporary, "apt"), debian);
    say(`reading the package lists of Debian's ${packageRelease}`);
    await run(`Reading the package lists of ${packageRelease}`, "apt-get", [...apt, "update", "--quiet"]);
    say(`fetching ${name}`);
    await run(`Fetching ${name}`, "apt-get", [...apt, "download", "--quiet", name], { cwd: temporary });
    const [file] = globSync("*.deb", { cwd: temporary });
    if (file === undefined) throw new PlainError(`apt-get download ${name} succeeded but left no package file.`);
    await run(`Unpacking ${name}`, "dpkg-deb", ["--extract", join(temporary, file), join(temporary, "root")]);
    await rename(join(temporary, "root"), folder);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
  return folder;
}

/** Options that make apt-get work on Debian 13's packages in a separate folder, from the machine's own mirror. */
async function privateApt(folder: string, debian: DebianRelease): Promise<string[]> {
  const parts = join(folder, "sources.list.d");
  await mkdir(parts, { recursive: true });
  await mkdir(join(folder, "lists/partial"), { recursive: true });
  await mkdir(join(folder, "cache/archives/partial"), { recursive: true });
  const sources = sourcesOfRelease(machineSources(), debian.codename, packageRelease);
  await writeFile(join(parts, "debian.sources"), formatAptSources(sources));
  return [
    "Dir::Etc::SourceList=/dev/null",
    `Dir::Etc::SourceParts=${parts}`,
    `Dir::State::Lists=${join(folder, "lists")}`,
    `Dir::Cache=${join(folder, "cache")}`,
    "Dir::State::status=/dev/null",
    // apt's own user may not enter a folder below root's home.
    "APT::Sandbox::User=root",
  ].flatMap((option) => ["-o", option]);
}

/** The address of the mirror that this machine gets Debian's packages from. Throws if its sources name none. */
export function debianMirror(debian: DebianRelease): string {
  const [uri] = sourcesOfRelease(machineSources(), debian.codename, packageRelease)
    .filter(({ suites }) => suites.includes(packageRelease))
    .flatMap(({ uris }) => uris);
  if (uri === undefined) {
    throw new PlainError(
      `/etc/apt/sources.list and /etc/apt/sources.list.d name no mirror for Debian ${debian.codename} main.`,
    );
  }
  // Debian's cloud images keep the mirror's address in a separate file.
  if (!uri.startsWith("mirror+file:")) return uri;
  const [first = uri] = readFileSync(uri.slice("mirror+file:".length), "utf8").split(/\s+/);
  return first;
}

function machineSources(): AptSource[] {
  return ["/etc/apt/sources.list", ...globSync("/etc/apt/sources.list.d/*.{list,sources}")]
    .filter((path) => existsSync(path))
    .flatMap((path) => parseAptSources(path, readFileSync(path, "utf8")));
}
