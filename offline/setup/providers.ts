import { spawn } from "node:child_process";
import { globSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { projectFolder, pulumiHome } from "../../scripts/cli/folders.ts";
import { PlainError } from "../../scripts/cli/plainError.ts";
import { end, type Stop } from "./registry.ts";

const program = join(projectFolder, "offline/providers/main.ts");

/** Running provider servers: the value of PULUMI_DEBUG_PROVIDERS, and a function to stop them. */
export interface Providers {
  addresses: string;
  stop: Stop;
}

/** Starts the server of fake provider plugins. It ends when it is stopped, or with this process. */
export async function startProviders(): Promise<Providers> {
  // A separate process group keeps a typed Ctrl-C away from it: the CLI handles that, and needs its providers for it.
  const server = spawn(process.execPath, [program], {
    cwd: projectFolder,
    detached: true,
    stdio: ["pipe", "pipe", "inherit"],
  });
  const lines = createInterface({ input: server.stdout });
  const addresses = await new Promise<string>((resolve) => {
    lines.once("line", resolve);
    lines.once("close", () => resolve(""));
    server.once("error", () => resolve(""));
  });
  if (addresses !== "") return { addresses, stop: () => end(server) };
  await end(server);
  throw new PlainError(`The server of fake provider plugins did not start: ${program}`);
}

/** Whether the plugins of these packages are in the cache, so that nothing has to be downloaded. */
export function pluginsAreHere(packages: string[]): boolean {
  return packages.every((name) => globSync(`plugins/resource-${name}-v*/`, { cwd: pulumiHome }).length > 0);
}
