import assert from "node:assert/strict";
import { run } from "./command.ts";

/** The registry that has the site's images on this machine, if not their own ones. */
export const imageMirror = process.env.JUPYTER_UP_IMAGE_MIRROR ?? "";

/** Pulls images that are not there yet, so that what a test runs has nothing to say of it. */
export async function havePulled(references: string[]): Promise<void> {
  for (const reference of references) {
    if ((await run("docker", ["image", "inspect", reference])).code === 0) continue;
    const { code, output } = await run("docker", ["pull", "--quiet", reference]);
    assert.equal(code, 0, output);
  }
}
