import { spawn } from "node:child_process";
import { parseArgs } from "node:util";
import { fakeMirror, withFakes } from "../../offline/index.ts";
import { projectFolder } from "../cli/folders.ts";
import { onInterrupt } from "../cli/interruption.ts";
import { inspectMachine, preparePulumi } from "../machine/prepare.ts";
import { explained } from "./explained.ts";
import { refuseIgnoreProtect } from "./ignoreProtect.ts";
import {
  cliEnvironment,
  imageMirrorOf,
  localStack,
  localStackEnvironment,
  openLocalStack,
  usersConfig,
  writeConfigBack,
} from "./localStack.ts";
import { keepTexts, withOtherStack } from "./otherStack.ts";
import { findPulumiCli, type PulumiCli } from "./pulumiCli.ts";
import { providersFor, siteImages, targetOf } from "./site.ts";

/** The commands that use provider plugins, and those of them that may start containers. */
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

/**
 * Runs any command of the Pulumi CLI in the environment that `npm start` prepares, and returns its exit code.
 * @param more variables for the CLI
 */
export async function runPulumi(args: string[], more: Record<string, string> = {}): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    options: { stack: { type: "string", short: "s" } },
    strict: false,
    allowPositionals: true,
  });
  const stack = typeof values.stack === "string" ? values.stack : (process.env.PULUMI_STACK ?? localStack);
  const command = positionals[0] ?? "";
  const isLocal = stack === localStack;
  const isInit = command === "stack" && positionals[1] === "init";
  if (isInit || usingProviders.has(command) || command === "config" || command === "cfg")
    await keepTexts((isInit && positionals[2]) || stack);

  if (!usingProviders.has(command)) {
    const cli = (await findPulumiCli()) ?? (await preparePulumi(await inspectMachine()));
    if (!isLocal) return withOtherStack(stack, undefined, (env) => passThrough(cli, args, env));
    await openLocalStack(cli, "as before");
    const code = await passThrough(cli, args, localStackEnvironment());
    if (command === "config" || command === "cfg") await writeConfigBack();
    return code;
  }
  const config = await usersConfig(stack);
  refuseIgnoreProtect(args, config);
  const environment = await inspectMachine();
  const cli = await preparePulumi(environment);
  const needs = {
    images: pullingImages.has(command) ? await siteImages(config) : [],
    pulledElsewhere: targetOf(config) !== "local",
    providers: providersFor(config),
    imageMirror: imageMirrorOf(config),
  };
  return withFakes(environment, needs, async (fakes) => {
    if (isLocal) {
      await openLocalStack(cli, needs.images.length > 0 ? fakes.imageMirror : "as before");
      return explained(targetOf(config), (env, onStderr) =>
        passThrough(cli, args, { ...localStackEnvironment(), ...fakes.env, ...env, ...more }, onStderr),
      );
    }
    for (const line of fakes.lines) process.stderr.write(`Not the real thing: ${line}\n`);
    const mirror = needs.imageMirror ? undefined : fakeMirror(environment);
    return withOtherStack(stack, mirror, (own) =>
      explained(targetOf(config), (env, onStderr) =>
        passThrough(cli, args, { ...own, ...fakes.env, ...env, ...more }, onStderr),
      ),
    );
  });
}

/**
 * Runs the CLI on this terminal and returns its exit code. A typed Ctrl-C reaches the CLI directly, and this waits for
 * it. Without a terminal, the CLI runs in its own process group and gets the signal from us, because a second signal
 * would end it at once.
 *
 * @param onStderr called with its standard error, which is also shown
 */
async function passThrough(
  cli: PulumiCli,
  args: string[],
  env: NodeJS.ProcessEnv,
  onStderr?: (chunk: string) => void,
): Promise<number> {
  const onTerminal = process.stdin.isTTY;
  const child = spawn(cli.command, args, {
    cwd: projectFolder,
    env: { ...process.env, ...cliEnvironment(cli), ...env },
    stdio: ["inherit", "inherit", onStderr ? "pipe" : "inherit"],
    detached: !onTerminal,
  });
  child.stderr?.setEncoding("utf8").on("data", (chunk: string) => {
    process.stderr.write(chunk);
    onStderr?.(chunk);
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
