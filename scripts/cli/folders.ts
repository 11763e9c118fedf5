import { homedir } from "node:os";
import { join, resolve } from "node:path";

/** The checkout. */
export const projectFolder = resolve(import.meta.dirname, "../..");

/** What this clone alone knows: its state, its passphrase. Ignored by git, closed to others. */
export const stateFolder = join(projectFolder, ".state");

/** What every clone on this machine can share and anybody may delete: downloads, builds, images. */
export const cacheFolder = join(homedir(), ".cache", "jupyter-up");
