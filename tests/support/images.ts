import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import type { Image } from "../../files/site/service.ts";
import { run } from "./command.ts";

/** The registry on this machine that has the site's images, unless they come from their own registries. */
export const imageMirror = process.env.JUPYTER_UP_IMAGE_MIRROR ?? "";

/** Pulls missing images, so that a tested command does not print messages about them. */
export async function pullImages(references: string[]): Promise<void> {
  if ((await run("docker", ["image", "inspect", ...references])).code === 0) return;
  for (const reference of references) {
    if ((await run("docker", ["image", "inspect", reference])).code === 0) continue;
    const { code, output } = await run("docker", ["pull", "--quiet", reference]);
    assert.equal(code, 0, output);
  }
}

/** A reference below a registry; without one, as it is. */
export const mirrored = (reference: string, mirror: string) => [mirror, reference].filter(Boolean).join("/");

/** What one image has in addition, so that its program uses a test's servers in place of the real ones. */
export interface Redirected {
  /** The last part of the image's name: `lego`. */
  image: string;
  /** PEM of the authority of the servers' certificates. It is at /authority.pem. */
  authority: string;
  environment: Record<string, string>;
}

/** Tags images with their names in a mirror; one of them is changed. Returns these names. */
export async function tagImages(images: Image[], mirror: string, changed: Redirected): Promise<string[]> {
  const references = images.map(({ reference }) => reference);
  await pullImages(references.map((reference) => mirrored(reference, imageMirror)));
  for (const reference of references) {
    const [from, to] = [mirrored(reference, imageMirror), mirrored(reference, mirror)];
    if (reference.includes(`/${changed.image}:`)) await buildImage(from, to, changed);
    else assert.equal((await run("docker", ["tag", from, to])).code, 0);
  }
  return references.map((reference) => mirrored(reference, mirror));
}

async function buildImage(from: string, to: string, { authority, environment }: Redirected): Promise<void> {
  const folder = mkdtempSync(`${tmpdir()}/jupyter-up-image-`);
  const lines = Object.entries(environment).map(([name, value]) => `ENV ${name}=${value}\n`);
  writeFileSync(`${folder}/authority.pem`, authority);
  writeFileSync(`${folder}/Dockerfile`, `FROM ${from}\nCOPY authority.pem /\n${lines.join("")}`);
  const { code, output } = await run("docker", ["build", "--quiet", "--tag", to, folder], {
    env: { DOCKER_BUILDKIT: "0" },
  });
  rmSync(folder, { recursive: true });
  assert.equal(code, 0, output);
}
