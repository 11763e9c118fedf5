/** `npm run pulumi -- ARGUMENTS`: the Pulumi CLI in the surroundings that `npm start` made, for any of its commands. */

import { spawn } from "node:child_process";
import { parseArgs } from "node:util";
import { projectFolder } from "./setup/folders.ts";
import { onInterrupt } from "./setup/interruption.ts";
import {
  cliEnvironment,
  ensureStateFolder,
  imageMirrorOf,
  localStack,
  localStackEnvironment,
  openLocalStack,
  stateEnvironment,
  usersConfig,
  writeConfigBack,
} from "./setup/localStack.ts";
import { main } from "./setup/main.ts";
import { preparePulumi, seeSurroundings } from "./setup/prepare.ts";
import { findPulumiCli, type PulumiCli } from "./setup/pulumiCli.ts";
import { providerPackages, siteImages } from "./setup/site.ts";
import { withStandIns } from "./setup/standIns.ts";

/** The commands that ask provider plugins for something, and those of them that may start containers. */
const usingProviders = new Set([
  "up",
  "update",
  "preview",
  "pre",
  "destroy",
  "down",
  "dn",
  "refresh",
  "import",
  "watch",
]);
const pullingImages = new Set(["up", "update", "watch"]);

await main(async () => {
  const args = process.argv.slice(2);
  const { values, positionals } = parseArgs({
    args,
    options: { stack: { type: "string", short: "s" } },
    strict: false,
    allowPositionals: true,
  });
  const stack = typeof values.stack === "string" ? values.stack : (process.env.PULUMI_STACK ?? localStack);
  const command = positionals[0] ?? "";
  const isLocal = stack === localStack;

  if (!usingProviders.has(command)) {
    const cli = (await findPulumiCli()) ?? (await preparePulumi(await seeSurroundings()));
    const env = await openStack(cli, isLocal, "as before");
    const code = await passThrough(cli, args, env);
    if (isLocal && (command === "config" || command === "cfg")) await writeConfigBack();
    return code;
  }
  const surroundings = await seeSurroundings();
  const cli = await preparePulumi(surroundings);
  const config = await usersConfig();
  const needs = {
    images: isLocal && pullingImages.has(command) ? await siteImages(config) : [],
    providers: providerPackages,
    imageMirror: imageMirrorOf(config),
  };
  return withStandIns(surroundings, needs, async (standIns) => {
    const mirror = needs.images.length > 0 ? standIns.imageMirror : "as before";
    return passThrough(cli, args, { ...(await openStack(cli, isLocal, mirror)), ...standIns.env });
  });
});

/** The environment in which the CLI finds its stack; another stack's own settings of backend and passphrase count first. */
async function openStack(
  cli: PulumiCli,
  isLocal: boolean,
  imageMirror: string | undefined | "as before",
): Promise<Record<string, string>> {
  if (isLocal) {
    await openLocalStack(cli, imageMirror);
    return { ...cliEnvironment(cli), ...localStackEnvironment() };
  }
  await ensureStateFolder();
  const elsewhere = process.env.PULUMI_BACKEND_URL ?? process.env.PULUMI_ACCESS_TOKEN;
  return { ...cliEnvironment(cli), ...(elsewhere ? {} : stateEnvironment()) };
}

/**
 * Runs the CLI on this terminal and returns its exit code. A typed Ctrl-C reaches it without us, and we wait for it; where
 * there is no terminal, it is kept apart and gets the signal from us, because a second one would end it at once.
 */
async function passThrough(cli: PulumiCli, args: string[], env: Record<string, string>): Promise<number> {
  const onTerminal = process.stdin.isTTY;
  const child = spawn(cli.command, args, {
    cwd: projectFolder,
    env: { ...process.env, ...env },
    stdio: "inherit",
    detached: !onTerminal,
  });
  const stopListening = onInterrupt(() => {
    if (!onTerminal) child.kill("SIGINT");
  });
  const code = await new Promise<number>((resolve) => {
    child.on("error", () => resolve(127));
    child.on("close", (exitCode) => resolve(exitCode ?? 1));
  });
  stopListening();
  return code;
}
