import { spawn } from "node:child_process";
import { join } from "node:path";
import { cacheFolder } from "../../scripts/cli/folders.ts";
import { PlainError } from "../../scripts/cli/plainError.ts";
import { end, type Stop } from "../setup/registry.ts";
import { firstLine, goes } from "./holder.ts";

const file = join(cacheFolder, "kubernetes", "lock");

/** Seconds that a start waits for the end of another cluster. */
const patience = "10";

/**
 * Takes the only place for a cluster on this machine, until the returned function is called or this process ends. Throws if another
 * cluster has it.
 */
export async function takePlace(): Promise<Stop> {
  // The lock lasts until `cat` reads the end of its input.
  const words = ["--timeout", patience, file, "sh", "-c", "echo taken; exec cat >/dev/null"];
  const lock = spawn("flock", words, { detached: true, stdio: ["pipe", "pipe", "inherit"] });
  // A cluster whose process was killed keeps its interface a moment longer than the lock.
  if ((await firstLine(lock)) === "taken" && (await goes())) return () => end(lock);
  await end(lock);
  throw new PlainError(
    "Another cluster is running on this machine, and there can be only one.",
    "It ends with the process that started it: pgrep --full offline/kubernetes/scripts/hold.sh shows its parts.",
  );
}
