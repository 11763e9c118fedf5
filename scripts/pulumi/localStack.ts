import { randomBytes } from "node:crypto";
import { constants, existsSync } from "node:fs";
import { access, copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { stringify } from "yaml";
import { run } from "../cli/command.ts";
import { withoutOtherStack } from "../cli/environment.ts";
import { cacheFolder, projectFolder, pulumiHome, stateFolder } from "../cli/folders.ts";
import { PlainError } from "../cli/plainError.ts";
import { projectFile, settingName } from "./projectFile.ts";
import { cliFolder, type PulumiCli } from "./pulumiCli.ts";
import { composeLive, configOf, type MachineConfig, requireYaml, withoutCiphers, writeBack } from "./stackConfig.ts";

/** The stack of the site on this machine. */
export const localStack = "local";

const liveConfig = join(stateFolder, `Pulumi.${localStack}.yaml`);
const machineConfig = join(stateFolder, "machine.json");
const backend = join(stateFolder, "pulumi");
const passphrase = join(stateFolder, "passphrase");
export const mirrorSetting = settingName("imageMirror");

/** Variables for the CLI's own parts: plugins, language host, the right Node, compiled code. */
export function cliEnvironment(cli: PulumiCli): Record<string, string> {
  return {
    PULUMI_HOME: pulumiHome,
    PULUMI_SKIP_UPDATE_CHECK: "true",
    // Node caches compiled code: the program starts a third of a second sooner.
    NODE_COMPILE_CACHE: join(cacheFolder, "compiled"),
    PATH: [dirname(process.execPath), cliFolder(cli), process.env.PATH ?? ""].join(":"),
  };
}

/** Variables for state in this clone. */
export function stateEnvironment(): Record<string, string> {
  return { PULUMI_BACKEND_URL: backendOf(backend), PULUMI_CONFIG_PASSPHRASE_FILE: passphrase };
}

/** The URL of state in a folder. The CLI interprets `#`, `?` and `%` as in any URL. */
export function backendOf(folder: string): string {
  return `file://${folder.split("/").map(encodeURIComponent).join("/")}`;
}

/** The same, for the stack of this clone alone. */
function localStateEnvironment(): NodeJS.ProcessEnv {
  return { ...withoutOtherStack(process.env), ...stateEnvironment() };
}

/** The variables that make the CLI use the stack `local`, with its live config file, unless told otherwise. */
export function localStackEnvironment(): NodeJS.ProcessEnv {
  return {
    ...localStateEnvironment(),
    PULUMI_STACK: localStack,
    // Each CLI flag can be set by PULUMI_OPTION_<FLAG>, which affects only commands that have the flag.
    PULUMI_OPTION_CONFIG_FILE: liveConfig,
    // `stack rm` would delete the tracked file with the stack.
    PULUMI_OPTION_PRESERVE_CONFIG: "true",
  };
}

/**
 * The user's own configuration of a stack, by full names, as in its file. Encrypted values are replaced by
 * placeholders.
 */
export async function usersConfig(stack = localStack): Promise<Record<string, unknown>> {
  return withoutCiphers(configOf(await readTracked(stack))) as Record<string, unknown>;
}

/** A stack's own file, beside Pulumi.yaml. */
export function trackedConfigOf(stack: string): string {
  return join(projectFolder, `Pulumi.${stack}.yaml`);
}

/** The text of a stack's own file; empty if it does not exist. Throws if it is not valid YAML. */
export async function readTracked(stack: string): Promise<string> {
  const path = trackedConfigOf(stack);
  return existsSync(path) ? requireYaml(await readFile(path), basename(path)) : "";
}

/** The `imageMirror` that a configuration sets, if any. */
export function imageMirrorOf(config: Record<string, unknown>): string | undefined {
  const value = config[mirrorSetting];
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** Whether this clone has ever had a stack. */
export function localStackExists(): boolean {
  const checkpoint = join(backend, ".pulumi/stacks", projectFile.name, `${localStack}.json`);
  return existsSync(checkpoint) || existsSync(`${checkpoint}.gz`);
}

/**
 * Creates a folder that the CLI writes to. Throws if it is not writable.
 *
 * @param otherwise how to use another folder
 */
async function makeWritable(folder: string, otherwise: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await access(folder, constants.W_OK | constants.X_OK);
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    throw new PlainError(
      `The folder ${folder}, which this program needs, is not writable (${code}).`,
      `Give your user write access, or ${otherwise}; then run the command again.`,
    );
  }
}

/** The folder for state, mode 0700, with its own passphrase. For every stack that is kept in this clone. */
export async function ensureStateFolder(): Promise<void> {
  await makeWritable(stateFolder, "move the checkout");
  await makeWritable(pulumiHome, "give HOME another folder");
  await mkdir(backend, { recursive: true, mode: 0o700 });
  if (!existsSync(passphrase))
    await writeFile(passphrase, `${randomBytes(32).toString("base64url")}\n`, { mode: 0o600 });
}

/**
 * Makes sure that the stack `local` exists and its live config file is up to date.
 *
 * @param imageMirror the registry that images must be pulled through, as detected; "as before" if not detected
 */
export async function openLocalStack(cli: PulumiCli, imageMirror: string | undefined | "as before"): Promise<void> {
  await ensureStateFolder();
  if (imageMirror !== "as before") {
    const machine: MachineConfig = imageMirror ? { [mirrorSetting]: imageMirror } : {};
    await writeFile(machineConfig, `${JSON.stringify(machine, null, 2)}\n`);
  }
  const live = await readIfThere(liveConfig);
  const salted = localStackExists() ? await saltedConfig(cli, live) : await createStack(cli, live);
  const composed = composeLive(await readTracked(localStack), salted, await readMachineConfig());
  await writeFile(liveConfig, composed, { mode: 0o600 });
}

/** Copies changes by `pulumi config ...` from the live file to the tracked one. */
export async function writeConfigBack(): Promise<void> {
  const tracked = await readTracked(localStack);
  const text = writeBack(tracked, await readIfThere(liveConfig), await readMachineConfig());
  if (text !== tracked) await writeFile(trackedConfigOf(localStack), text);
}

/**
 * Creates the stack and returns the text of a config file with its salt. The CLI writes the salt beside Pulumi.yaml,
 * where it would end up in git, so it gets a Pulumi.yaml in another folder.
 */
async function createStack(cli: PulumiCli, live: string): Promise<string> {
  const folder = await mkdtemp(join(stateFolder, "new-"));
  try {
    await copyFile(join(projectFolder, "Pulumi.yaml"), join(folder, "Pulumi.yaml"));
    const config = join(folder, `Pulumi.${localStack}.yaml`);
    await writeFile(config, live);
    await run(`Creating the stack ${localStack}`, cli.command, ["stack", "init", localStack, "--no-select"], {
      cwd: folder,
      env: { ...cliEnvironment(cli), ...localStateEnvironment() },
    });
    return await readFile(config, "utf8");
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The text of a config file with the salt of an existing stack: the live file's, or the state's if that is lost. */
async function saltedConfig(cli: PulumiCli, live: string): Promise<string> {
  if (live.includes("encryptionsalt")) return live;
  const exported = await run(`Reading the stack ${localStack}`, cli.command, ["stack", "export", "-s", localStack], {
    cwd: projectFolder,
    env: { ...cliEnvironment(cli), ...localStateEnvironment() },
  });
  const { deployment } = JSON.parse(exported) as { deployment?: { secrets_providers?: { state?: { salt?: string } } } };
  const salt = deployment?.secrets_providers?.state?.salt;
  return salt ? stringify({ encryptionsalt: salt }) : live;
}

async function readMachineConfig(): Promise<MachineConfig> {
  const text = await readIfThere(machineConfig);
  return text === "" ? {} : (JSON.parse(text) as MachineConfig);
}

export async function readIfThere(path: string): Promise<string> {
  return existsSync(path) ? readFile(path, "utf8") : "";
}
