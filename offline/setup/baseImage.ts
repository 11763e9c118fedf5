import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { attempt, findExecutable, run } from "../../scripts/cli/command.ts";
import { cacheFolder } from "../../scripts/cli/folders.ts";
import type { Say } from "../../scripts/cli/step.ts";
import { debianMirror, installPackages, packageRelease } from "./debian.ts";
import type { DebianRelease } from "./environment.ts";

const image = `debian:${packageRelease}-slim`;
const description = "fake of docker.io/library/debian, built from packages (debootstrap)";

// Files that Debian's own slim image leaves out.
const leaveOut = ["doc", "man", "info", "locale", "lintian"].map((name) => `path-exclude /usr/share/${name}/*`);
const keepNoArchives = [
  'APT::Keep-Downloaded-Packages "false";',
  'Acquire::Languages "none";',
  'Dir::Cache::pkgcache "";',
  'Dir::Cache::srcpkgcache "";',
  "",
].join("\n");

/** Changes when the base image is built differently: a hash of this file. */
export async function baseIdentity(): Promise<string> {
  const text = await readFile(import.meta.filename);
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}

/** Makes sure that Docker has Debian's base image, built by debootstrap from this machine's mirror. */
export async function ensureBaseImage(debian: DebianRelease, say: Say): Promise<void> {
  const identity = await baseIdentity();
  const { code, stdout } = await attempt("docker", ["image", "inspect", "--format", "{{json .Config.Labels}}", image]);
  if (code === 0) {
    const made = (JSON.parse(stdout) as Record<string, string> | null)?.["jupyter-up.recipe"];
    // Do not remove the real image if it was pulled while the registry was reachable.
    if (made === undefined || made === identity) return;
  }
  if (findExecutable("debootstrap") === undefined) await installPackages(["debootstrap"], say);
  await mkdir(cacheFolder, { recursive: true });
  const folder = await mkdtemp(join(cacheFolder, "base-"));
  try {
    say(`${image}: debootstrap from this machine's mirror of Debian`);
    await run(`Building ${image}`, "debootstrap", ["--variant=minbase", packageRelease, folder, debianMirror(debian)]);
    await Promise.all(
      ["doc", "man", "info", "locale"].map((name) =>
        rm(join(folder, "usr/share", name), { recursive: true, force: true }),
      ),
    );
    await run("Emptying the base image's caches", "sh", [
      "-c",
      'rm -rf "$1"/var/cache/apt/* "$1"/var/lib/apt/lists/*',
      "sh",
      folder,
    ]);
    await writeFile(join(folder, "etc/dpkg/dpkg.cfg.d/docker"), `${leaveOut.join("\n")}\n`);
    await writeFile(join(folder, "etc/apt/apt.conf.d/docker"), keepNoArchives + (await networkOptions()));
    say(`${image}: importing`);
    const label = `LABEL org.opencontainers.image.description="${description}" jupyter-up.recipe=${identity}`;
    await run(`Importing ${image}`, "sh", [
      "-c",
      'tar -C "$1" -c . | docker import --change "$2" --change "CMD [\\"bash\\"]" - "$3"',
      "sh",
      folder,
      label,
      image,
    ]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** How this machine's apt reaches its mirror (through a proxy, with an old snapshot's dates), for apt inside images. */
async function networkOptions(): Promise<string> {
  const configuration = await run("Reading apt's configuration", "apt-config", ["dump"]);
  const wanted = /^Acquire::(https?::Proxy|Check-Valid-Until|Check-Date|Retries|https?::Timeout)\b/i;
  return configuration
    .split("\n")
    .filter((line) => wanted.test(line) && !line.endsWith('"";'))
    .map((line) => `${line}\n`)
    .join("");
}
