/**
 * Serves the fake of every provider plugin in `packages/`.
 *
 *     node offline/providers/main.ts
 *
 * Prints one line, the value of PULUMI_DEBUG_PROVIDERS (`command:41001,random:41002,...`), and serves until its
 * standard input ends, so it cannot outlive the script that holds the other end of the pipe. With that variable set,
 * `pulumi` uses these servers and looks for no plugin. Commands run in this process's directory and with its
 * environment, as they do in a plugin's.
 *
 * To add a package, add a folder: `packages/<name>/index.ts`, whose default export is a `ProviderPackage`.
 */

import { readdir } from "node:fs/promises";
import type { ProviderPackage } from "./resource.ts";
import { serve } from "./server.ts";

const packagesFolder = new URL("packages/", import.meta.url);

async function loadPackages(): Promise<ProviderPackage[]> {
  const names = (await readdir(packagesFolder)).sort();
  return Promise.all(
    names.map(async (name) => {
      const module: { default: ProviderPackage } = await import(new URL(`${name}/index.ts`, packagesFolder).href);
      return module.default;
    }),
  );
}

// A typed Ctrl-C reaches every process of the terminal. The CLI handles the first one and cancels its requests. The
// second one interrupts the children of plugins through the process group, which includes this process (local.ts).
process.on("SIGINT", () => {});

const packages = await loadPackages();
for (const { environment } of packages) Object.assign(process.env, await environment?.());
const addresses = await Promise.all(
  packages.map(async (provider) => `${provider.name}:${(await serve(provider)).port}`),
);
console.log(addresses.join(","));

process.stdin.resume().once("close", () => process.exit(0));
