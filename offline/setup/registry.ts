import { type ChildProcess, spawn } from "node:child_process";
import { openSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { stringify } from "yaml";
import { cacheFolder } from "../../scripts/cli/folders.ts";
import { PlainError } from "../../scripts/cli/plainError.ts";
import type { Say } from "../../scripts/cli/step.ts";
import { unpackPackage } from "./debian.ts";
import type { DebianRelease } from "./environment.ts";

/** The registry of fake images. Docker trusts registries on 127.0.0.0/8 without TLS. */
export const registryAddress = "127.0.0.1:5083";

const folder = join(cacheFolder, "registry");

/** Stops a server that was started for one script. */
export type Stop = () => Promise<void>;

/**
 * Makes sure that the registry answers: a real one, Debian's package docker-registry, with its store in the cache
 * folder. It runs no longer than the script that started it, even if that is killed. A registry that answers already is
 * left alone.
 */
export async function startRegistry(debian: DebianRelease, say: Say): Promise<Stop> {
  if (await registryAnswers()) return async () => {};
  const root = await unpackPackage("docker-registry", debian, say);
  await mkdir(folder, { recursive: true });
  const config = join(folder, "config.yml");
  await writeFile(config, stringify(settings));
  const registry = tie(join(root, "usr/bin/docker-registry"), ["serve", config], join(folder, "registry.log"));
  for (let tries = 0; tries < 100 && registry.exitCode === null; tries++) {
    if (await registryAnswers()) return () => end(registry);
    await pause(100);
  }
  await end(registry);
  throw new PlainError(
    `The registry of fake images does not start at ${registryAddress}: see ${join(folder, "registry.log")}.`,
    `If something else listens there, stop it (ss -ltnp | grep :${registryAddress.split(":")[1]} shows it) and run the command again.`,
  );
}

const settings = {
  version: "0.1",
  log: { level: "error", accesslog: { disabled: true } },
  storage: { filesystem: { rootdirectory: join(folder, "store") }, delete: { enabled: true } },
  http: { addr: registryAddress },
};

/** Whether an image registry answers at our address. */
async function registryAnswers(): Promise<boolean> {
  try {
    const answer = await fetch(`http://${registryAddress}/v2/`, { signal: AbortSignal.timeout(2000) });
    return answer.headers.get("docker-distribution-api-version") === "registry/2.0";
  } catch {
    return false;
  }
}

/**
 * Starts a server that lives as long as this process holds its standard input: a shell in between waits for the end of
 * the input. A separate process group keeps a typed Ctrl-C away from it, because clean-up work may still need it.
 */
function tie(command: string, args: string[], log: string): ChildProcess {
  const script = '"$@" </dev/null & server=$!; cat >/dev/null; kill "$server"; wait "$server"';
  const output = openSync(log, "w");
  const child = spawn("sh", ["-c", script, "sh", command, ...args], {
    detached: true,
    stdio: ["pipe", output, output],
  });
  child.on("error", () => {});
  return child;
}

/** Closes the server's standard input and waits until it has ended. */
export async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once("exit", resolve));
  child.stdin?.end();
  await gone;
}
