import assert from "node:assert/strict";
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
