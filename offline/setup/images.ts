import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { attempt, run } from "../../scripts/cli/command.ts";
import { cacheFolder } from "../../scripts/cli/folders.ts";
import { PlainError } from "../../scripts/cli/plainError.ts";
import type { Say } from "../../scripts/cli/step.ts";
import { ensureBaseImage } from "./baseImage.ts";
import type { DebianRelease } from "./environment.ts";
import { mirrored, parseImageName } from "./imageNames.ts";
import { type BuildContext, buildContext, type Recipe, recipes } from "./recipes.ts";
import { registryAddress } from "./registry.ts";

const manifestType = "application/vnd.docker.distribution.manifest.v2+json";

/** Whether Docker holds each of these images already, so that no registry is needed. */
export async function imagesAreHere(names: string[]): Promise<boolean> {
  return (await attempt("docker", ["image", "inspect", ...names])).code === 0;
}

/**
 * Makes sure that the registry on loopback holds a fake for each image, built from packages. The registry also records
 * the built images: each one has its tag, and a tag with the hash of its sources.
 *
 * @param names the images as the site names them; one without a recipe is an error
 */
export async function ensureImages(names: string[], debian: DebianRelease, say: Say): Promise<void> {
  for (const name of names) {
    const { repository, tag } = parseImageName(name);
    const recipe = recipeFor(name, repository);
    const context = await buildContext(recipe);
    const known = `recipe-${context.hash}`;
    const knownName = mirrored(`${repository}:${known}`, registryAddress);
    const built = (await readManifest(repository, known)) === undefined;
    if (built) {
      await ensureBaseImage(debian, say);
      say(`building a fake for ${name} from packages`);
      await buildAndPush(context, knownName);
    }
    const manifest = await readManifest(repository, known);
    if (manifest !== undefined && manifest !== (await readManifest(repository, tag))) {
      await writeManifest(repository, tag, manifest);
      // Compose pulls only missing images and would keep the old image of this tag.
      const pulledName = mirrored(name, registryAddress);
      await run(`Pulling ${pulledName}`, "docker", ["pull", "--quiet", pulledName]);
    }
    if (built) await removeLeftovers(knownName);
  }
}

/** What replaces these images, one line each. */
export function fakeLines(names: string[]): string[] {
  return [...new Set(names.map((name) => recipeFor(name, parseImageName(name).repository).fakeLine))];
}

function recipeFor(name: string, repository: string): Recipe {
  const recipe = recipes[repository];
  if (recipe) return recipe;
  throw new PlainError(
    `The image ${name} cannot be pulled: its registry is not reachable from here, and there is no fake for it.`,
    `If your company mirrors the registries, set the mirror: pulumi config set imageMirror mirror.example.com. There are fakes for: ${Object.keys(recipes).join(", ")}.`,
  );
}

async function buildAndPush(context: BuildContext, name: string): Promise<void> {
  await mkdir(join(cacheFolder, "build"), { recursive: true });
  const folder = await mkdtemp(join(cacheFolder, "build", "image-"));
  try {
    await context.write(folder);
    // The classic builder: BuildKit's client is a plugin that Debian's packages do not include.
    const env = { DOCKER_BUILDKIT: "0" };
    await run(`Building ${name}`, "docker", ["build", "--quiet", "--force-rm", "--tag", name, folder], { env });
    await run(`Pushing ${name}`, "docker", ["push", "--quiet", name]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Removes the name an image was built under, and unnamed images of earlier fakes and build stages. */
async function removeLeftovers(builtName: string): Promise<void> {
  await attempt("docker", ["image", "rm", builtName]);
  await attempt("docker", ["image", "prune", "--force", "--filter", "label=jupyter-up.fake"]);
}

function manifestUrl(repository: string, tag: string): string {
  return `http://${registryAddress}/v2/${repository}/manifests/${tag}`;
}

async function readManifest(repository: string, tag: string): Promise<string | undefined> {
  const answer = await fetch(manifestUrl(repository, tag), { headers: { accept: manifestType } });
  return answer.ok ? answer.text() : undefined;
}

async function writeManifest(repository: string, tag: string, manifest: string): Promise<void> {
  const headers = { "content-type": manifestType };
  const answer = await fetch(manifestUrl(repository, tag), { method: "PUT", headers, body: manifest });
  if (!answer.ok) {
    throw new PlainError(`The registry at ${registryAddress} refused ${repository}:${tag}: ${await answer.text()}`);
  }
}
