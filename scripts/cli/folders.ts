import { homedir } from "node:os";
import { join, resolve } from "node:path";

/** The checkout. */
export const projectFolder = resolve(import.meta.dirname, "../..");

/** Data of this clone only: its state, its passphrase. Ignored by git, mode 0700. */
export const stateFolder = join(projectFolder, ".state");

/** Data that every clone on this machine can share and anybody may delete: downloads, builds, images. */
export const cacheFolder = join(homedir(), ".cache", "jupyter-up");

/** The folder of the fetched Pulumi CLI, the plugins and the CLI's own settings. */
export const pulumiHome = join(cacheFolder, "pulumi");
