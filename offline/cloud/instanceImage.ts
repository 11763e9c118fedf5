import { createHash } from "node:crypto";
import { existsSync, globSync, readFileSync } from "node:fs";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "../../scripts/cli/command.ts";
import { type AptSource, formatAptSources, parseAptSources, sourcesOfRelease } from "../setup/aptSources.ts";
import { ensureBaseImage } from "../setup/baseImage.ts";
import { packageRelease } from "../setup/debian.ts";
import { type DebianRelease, debianRelease } from "../setup/environment.ts";
import { docker, dockerAnswer } from "./docker.ts";

const recipe = join(import.meta.dirname, "instance");

/**
 * Makes sure that Docker has the image that machines boot from, and returns its name. The build takes half a minute and
 * runs once.
 * @throws where this machine does not run Debian: the packages come from its own sources
 */
export async function ensureInstanceImage(say: (message: string) => void = () => {}): Promise<string> {
  const debian = debianRelease();
  if (debian === undefined) {
    throw new Error("The fake cloud boots machines from Debian's packages, on Debian 12 or newer only.");
  }
  const sources = formatAptSources(guestSources(debian));
  const image = `jupyter-up-instance:${await identity(sources)}`;
  if ((await dockerAnswer("image", "inspect", "--format", "{{.Id}}", image)) !== undefined) return image;
  await ensureBaseImage(debian, say);
  say("building the image that machines boot from");
  const context = await mkdtemp(join(tmpdir(), "instance-image-"));
  try {
    await cp(recipe, context, { recursive: true });
    await writeFile(join(context, "debian.sources"), sources);
    const env = { DOCKER_BUILDKIT: "0" };
    await run(`Building ${image}`, "docker", ["build", "--quiet", "--force-rm", "--tag", image, context], { env });
  } finally {
    await rm(context, { recursive: true });
  }
  await removeOlderThan(image);
  return image;
}

/** Hash of the image's sources: a few hexadecimal digits. */
async function identity(sources: string): Promise<string> {
  const files = globSync("**", { cwd: recipe, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  const hash = createHash("sha256").update(sources);
  for (const file of files) hash.update(file.slice(recipe.length)).update(await readFile(file));
  return hash.digest("hex").slice(0, 12);
}

/** Images in use stay. */
async function removeOlderThan(image: string): Promise<void> {
  const names = (await docker("image", "ls", "--format", "{{.Repository}}:{{.Tag}}", "jupyter-up-instance")).split(
    "\n",
  );
  for (const name of names) if (name !== image) await dockerAnswer("image", "rm", name);
}

/** The Debian sources of this machine in a form that a machine in the cloud can use. */
function guestSources(debian: DebianRelease): AptSource[] {
  const sources = ["/etc/apt/sources.list", ...globSync("/etc/apt/sources.list.d/*.{list,sources}")]
    .filter((path) => existsSync(path))
    .flatMap((path) => parseAptSources(path, readFileSync(path, "utf8")));
  return sourcesOfRelease(sources, debian.codename, packageRelease).map((source) => ({
    ...source,
    uris: source.uris.map(mirrorOf),
  }));
}

/** Debian's cloud images keep the mirror's address in a separate file, which other machines do not have. */
function mirrorOf(uri: string): string {
  if (!uri.startsWith("mirror+file:")) return uri;
  return readFileSync(uri.slice("mirror+file:".length), "utf8").split(/\s+/)[0] ?? uri;
}
