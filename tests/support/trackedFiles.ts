import { execFile } from "node:child_process";
import { cp, mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";

const checkout = new URL("../..", import.meta.url).pathname;

/** Copies the files of this checkout that Git tracks, or would, as a clone has them. */
export async function copyTrackedFiles(folder: string): Promise<void> {
  const list = ["ls-files", "--cached", "--others", "--exclude-standard"];
  const { stdout } = await promisify(execFile)("git", list, { cwd: checkout });
  for (const file of stdout.split("\n").filter(Boolean)) {
    await mkdir(dirname(join(folder, file)), { recursive: true });
    await cp(join(checkout, file), join(folder, file)).catch((error: NodeJS.ErrnoException) => {
      // A file whose deletion is not yet committed.
      if (error.code !== "ENOENT") throw error;
    });
  }
}
