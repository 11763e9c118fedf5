import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stateFolder } from "../cli/folders.ts";
import {
  ensureStateFolder,
  localStack,
  mirrorSetting,
  readIfThere,
  readTracked,
  stateEnvironment,
  trackedConfigOf,
} from "./localStack.ts";
import { inQuotes, type MachineConfig, withMachine, writeAllBack } from "./stackConfig.ts";

/**
 * Runs a command of the CLI on a stack that is not `local`, with the environment in which it finds its state: the user's own
 * settings of backend and passphrase count first.
 *
 * @param imageMirror the registry that images have to be pulled through here, which the stack's own file is not to know
 */
export async function withOtherStack<Result>(
  stack: string,
  imageMirror: string | undefined,
  command: (env: Record<string, string>) => Promise<Result>,
): Promise<Result> {
  await ensureStateFolder();
  const elsewhere = process.env.PULUMI_BACKEND_URL ?? process.env.PULUMI_ACCESS_TOKEN;
  const env = elsewhere ? {} : stateEnvironment();
  if (!imageMirror) return command(env);

  const machine: MachineConfig = { [mirrorSetting]: imageMirror };
  const own = trackedConfigOf(stack);
  const live = join(stateFolder, `Pulumi.${stack}.yaml`);
  const tracked = await readTracked(stack);
  await writeFile(live, withMachine(tracked, machine), { mode: 0o600 });
  try {
    return await command({ ...env, PULUMI_OPTION_CONFIG_FILE: live });
  } finally {
    const text = writeAllBack(tracked, await readIfThere(live), machine);
    if (text !== tracked) await writeFile(own, text);
    await rm(live, { force: true });
  }
}

/**
 * Puts quotes into a stack's own file where the CLI would read another text: `stack init` and `config` write the file as they
 * read it, 493 for `0755`. The tracked file of the stack `local` they never see.
 */
export async function keepTexts(stack: string): Promise<void> {
  if (stack === localStack) return;
  const tracked = await readTracked(stack);
  const quoted = inQuotes(tracked);
  if (quoted !== tracked) await writeFile(trackedConfigOf(stack), quoted);
}
